"""Claims about what pages and commands say of the filter: one word, reasons in words, and what figures are worth."""

from pathlib import Path

import pytest

from chat.__main__ import main
from chat.core.model import LOCALES
from chat.features import gathered
from chat.quarantine import actions as quarantine
from chat.quarantine.pages.chips import HAS, KINDS, TRAITS, chip
from tests.inside import Served
from tests.test_quarantine import held


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("[phone]", "phone number"),
        ("[digits5]", "number of 5 digits"),
        ("[tld_top]", "link to .top"),
        ("00000000000", "number of 11 digits"),
        ("(has ! 1)", "exclamation marks"),
        ("(words 5)", "number of words"),
        ("call now", "call + now"),
        ("call [phone]", "call + phone number"),
        ("!!!", "marks !!!"),
        ("prize", "prize"),
        ("(", "marks ("),
        ("[]", "marks []"),
        ("(odd)", "(odd)"),
    ],
)
def test_a_reason_is_said_in_words(token: str, said: str) -> None:
    assert chip(gathered().locales.words("en"), token) == said


@pytest.mark.parametrize("locale", LOCALES)
def test_every_kind_and_trait_has_its_words(locale: str) -> None:
    known = gathered().locales.strings(locale)
    assert {f"held.why.{name}" for name in (*KINDS, *TRAITS, *HAS.values(), "tld", "digits", "sign", "figure")} <= {
        *known
    }


@pytest.mark.parametrize(
    ("locale", "others"), [("en", ("held as", "Held ", "are held.", "keep held")), ("el", ("ρατημέν", "κρατείτ"))]
)
def test_what_is_set_aside_has_one_name(locale: str, others: tuple[str, ...]) -> None:
    said = {
        key: text
        for key, text in gathered().locales.strings(locale).items()
        if key.startswith(("held.", "inbox.", "page.")) and any(other in text for other in others)
    }
    assert said == {}


async def test_the_pages_say_why_and_what_was_not_learnt(app: Served) -> None:
    with_consent, without = await held(app.house, 2), await held(app.house, 1, training=False)
    await app.sign_in(password="a password that is long")
    page = (await app.client.get("/admin/quarantine")).text
    assert "phone number" in page or "link" in page
    assert "(words" not in page
    assert "could not be used" not in (await app.client.get("/admin/filter", headers={"accept": "text/html"})).text
    refs = [ref for _, ref in [*with_consent, *without]]
    await quarantine.judge(app.services, app.house.actor, "confirm", refs)
    shown = (await app.client.get("/admin/filter", headers={"accept": "text/html"})).text
    assert "1 mark could not be used" in shown
    assert "0 genuine, 2 spam" in shown


async def test_a_mark_says_how_many_messages_it_taught(app: Served) -> None:
    (with_consent,), (without,) = await held(app.house, 1), await held(app.house, 1, training=False)
    for made, learnt in ((with_consent, 1), (without, 0)):
        answer = await app.rest("PUT", f"/tickets/{made[1][0]}/spam", {"spam": True})
        assert answer.json()["learnt"] == learnt


def test_a_small_file_is_said_to_be_too_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.tsv").write_text("ham\thello there\nspam\twin a prize now\n")
    assert main(["spam", "evaluate", str(tmp_path / "a.tsv")]) == 0
    assert "Too few to rely on: 1 ham and 1 spam" in capsys.readouterr().err
    (tmp_path / "b.tsv").write_text("ham\thello there\nspam\twin a prize now\n" * 200)
    assert main(["spam", "evaluate", str(tmp_path / "b.tsv")]) == 0
    assert capsys.readouterr().err == ""
