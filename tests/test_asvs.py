"""The page of ASVS 5.0 is whole: each requirement of its chapters once, and tests that are there. Some are here."""

import re
from dataclasses import replace
from functools import cache
from math import log2
from pathlib import Path

import pytest

from chat.core.clock import DAY
from chat.core.errors import Unauthorized
from chat.core.networks import Network
from chat.factors.domain import RECOVERY_LENGTH, SIGNS, new_recovery_codes
from chat.infra.store.columns import metadata
from chat.team.actions import credentials, passwords, sign_ins
from tests.inside import House, colleague
from tests.test_advisories import cases

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "asvs.md"
# How many requirements each section of the chapters has.
SECTIONS = {
    "4.1": 5,
    "4.2": 5,
    "4.3": 2,
    "4.4": 4,
    "6.1": 3,
    "6.2": 12,
    "6.3": 8,
    "6.4": 6,
    "6.5": 8,
    "6.6": 4,
    "6.7": 2,
    "6.8": 4,
    "7.1": 3,
    "7.2": 4,
    "7.3": 2,
    "7.4": 5,
    "7.5": 3,
    "7.6": 2,
    "8.1": 4,
    "8.2": 4,
    "8.3": 3,
    "8.4": 2,
    "9.1": 3,
    "9.2": 4,
    "10.1": 2,
    "10.2": 3,
    "10.3": 5,
    "10.4": 16,
    "10.5": 5,
    "10.6": 2,
    "10.7": 3,
}
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([123]) \| ([^|]+) \| (met|not|does not apply) \| ([^|]*) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def faults(page: str) -> list[str]:
    """What is wrong with the page."""
    rows = ROW.findall(page)
    found = [number for number, *_ in rows]
    wanted = [f"{section}.{each + 1}" for section, count in SECTIONS.items() for each in range(count)]
    wrong = [] if found == wanted else [f"not each once: {set(wanted) ^ set(found) or 'in another order'}"]
    for number, _, asks, stands, why in rows:
        tests = TEST.findall(why)
        if stands == "met" and not tests:
            wrong.append(f"{number} names no test")
        if len(asks) > 80 or (not TEST.sub("", why).strip(" ,:") and stands != "met"):
            wrong.append(f"{number} is long, or says no reason")
        wrong += [f"{number}: {path}::{name} is not there" for path, name in tests if not is_there(path, name)]
    return wrong


@cache
def is_there(path: str, name: str) -> bool:
    """Whether there is such a test."""
    file = ROOT / path
    return file.is_file() and (not name or name in cases(file.read_text("utf-8")))


def test_each_requirement_stands_once_and_what_is_met_is_tested() -> None:
    assert faults(PAGE.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("| 6.2.2 |", "| 6.2.3 |"),
        ("| 9.2.4 |", "| 9.2.5 |"),
        ("`tests/test_attempts.py::test_an_agent_changes_their_own_password`", "it is"),
        ("::test_a_changed_token_is_forged", "::test_nothing"),
        ("tests/test_tokens.py", "tests/test_nothing.py"),
        ("there is no SAML", ""),
    ],
)
def test_a_page_that_is_not_is_found(old: str, new: str) -> None:
    page = PAGE.read_text("utf-8")
    assert old in page
    assert faults(page.replace(old, new)) != []


def test_no_row_is_as_long_as_the_standard_says_it() -> None:
    assert max(len(asks.split()) for _, _, asks, *_ in ROW.findall(PAGE.read_text("utf-8"))) <= 14


def unsaid(security: str) -> set[str]:
    """The features that begin sessions and are not among the ways in."""
    listed = security.partition("## Ways in")[2].partition("\n## ")[0]
    # What begins a session calls this; each feature that does is named.
    begins = {
        path.relative_to(ROOT / "chat").parts[0]
        for path in (ROOT / "chat").rglob("*.py")
        if "begin_session(" in path.read_text("utf-8")
    }
    return {each for each in begins if f"`{each}`" not in listed}


def test_every_way_in_is_written_down() -> None:
    security = (ROOT / "SECURITY.md").read_text("utf-8")
    assert unsaid(security) == set()
    assert unsaid(security.replace("| `invitations` |", "| |")) == {"invitations"}  # the control


def test_fields_for_passwords_hide_them_and_let_managers_help() -> None:
    templates = {path: path.read_text("utf-8") for path in (ROOT / "chat").rglob("*.html")}
    fields = re.findall(r'<input[^>]*name="(?:password|old|again)"[^>]*>', "".join(templates.values()))
    fields += re.findall(r'f\.line\(t, "(?:password|old|again)".*?\) \}\}', "".join(templates.values()))
    assert len(fields) >= 4
    for each in fields:
        assert re.search(r'type="password"', each), each
        assert re.search(r'autocomplete="(?:current|new)-password"', each), each
    # What is pasted is heard where messages are written, for files in it, and nowhere else.
    assert {path.name for path in (*listening("paste"),)} <= {"message-composer.js", "chat-composer.js", "writing.js"}


def listening(kind: str) -> list[Path]:
    """The scripts that hear an event of a kind."""
    scripts = [path for top in ("static", "widget") for path in (ROOT / top).rglob("*.js")]
    heard = re.compile(rf'addEventListener\("{kind}"|\b{kind}: ?\(')
    return [path for path in scripts if heard.search(path.read_text("utf-8"))]


def test_nothing_is_kept_that_hints_at_a_password() -> None:
    kept = {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.columns}
    assert "agent.password_hash" in kept
    assert not [each for each in kept if re.search(r"hint|question|secret_answer|reminder", each)]


def test_a_recovery_code_is_hard_to_guess() -> None:
    assert RECOVERY_LENGTH * log2(len(SIGNS)) > 59
    assert len({*new_recovery_codes(), *new_recovery_codes()}) == 20


@pytest.mark.anyio
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_password_is_taken_as_it_is_typed_however_long_and_old(house: House) -> None:
    services, now = house.services, house.services.clock()
    agent, _ = await colleague(services, house.actor, "yan@acme.example", "Yan", "agent")
    typed = "  seven Lamps over quiet Water  " * 3
    assert 64 < len(typed) <= passwords.MOST
    await credentials.renew(services, agent.email, typed, with_tokens=False)
    later = replace(services, clock=lambda: now + 10 * 365 * DAY)
    assert (await sign_ins.sign_in(later, agent.email, typed, Network("a"))).password_due is False
    for other in (typed.strip(), typed.lower(), typed[:72], typed + "x"):
        with pytest.raises(Unauthorized):
            await sign_ins.sign_in(later, agent.email, other, Network("b"))
