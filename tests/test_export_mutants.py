"""The export's defences taken out one at a time: the claim that each holds must be found false without it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import true

from chat.erasure.actions import forgetting
from chat.export.actions import archive, exports, page
from chat.export.actions.holdings import Subject
from chat.export.store import holdings
from chat.features import gathered
from chat.infra.store import locations
from chat.web import rendering
from tests import test_export as claims
from tests.inside import House

Claim = Callable[[House], Awaitable[None]]
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


def step_left_out(patch: pytest.MonkeyPatch) -> None:
    """An erasure that does not know of the archives."""
    whole = forgetting.steps
    patch.setattr(
        forgetting, "steps", lambda services: [each for each in whole(services) if each.location.name != "exports"]
    )


def nothing_escaped(patch: pytest.MonkeyPatch) -> None:
    """A page that takes what people wrote for HTML."""
    careless = rendering.environment(gathered().locales.folders).overlay(enable_async=True, autoescape=False)
    careless.filters = careless.filters | {"spoken": str}
    patch.setattr(rendering, "_streaming", lambda _: careless)


def no_policy(patch: pytest.MonkeyPatch) -> None:
    """A page that would let a browser fetch things."""
    whole = rendering.environment(gathered().locales.folders)
    assert whole.loader is not None
    source = whole.loader.get_source(whole, page.TEMPLATE)[0]
    loose = whole.overlay(enable_async=True)
    loose.loader = ChoiceLoader([DictLoader({page.TEMPLATE: source.replace("default-src 'none'; ", "")}), whole.loader])
    patch.setattr(rendering, "_streaming", lambda _: loose)


def names_as_sent(patch: pytest.MonkeyPatch) -> None:
    """Files under names that nobody looked at."""
    patch.setattr(archive, "path_of", lambda number, *_: f"files/../{number}")


def rows_of_everybody(patch: pytest.MonkeyPatch) -> None:
    """Tables read without asking whose a row is."""
    patch.setattr(locations, "rows_of", lambda *_: true())


def notes_given(patch: pytest.MonkeyPatch) -> None:
    """An account's settings left unread."""
    patch.setattr(Subject, "gives", lambda *_: True)


def never_removed(patch: pytest.MonkeyPatch) -> None:
    """Archives that have expired and stay."""

    async def nothing(*_: Any) -> None:
        """Leave it."""

    patch.setattr(exports, "remove", nothing)


def a_table_forgotten(patch: pytest.MonkeyPatch) -> None:
    """A list of tables kept by hand, and one of them forgotten."""
    whole = holdings.holdings
    patch.setattr(archive, "every", lambda: [each for each in whole() if each.name != "outbox"])


def hashes_given(patch: pytest.MonkeyPatch) -> None:
    """What is withheld, given and not said."""
    whole = holdings.holdings
    patch.setattr(archive, "every", lambda: [replace(each, withheld={}) for each in whole()])


MUTANTS: list[tuple[Claim, Callable[[pytest.MonkeyPatch], None]]] = [
    (claims.test_an_export_made_earlier_is_erased_with_its_contact, step_left_out),
    (claims.test_hostile_texts_stay_texts_and_names_of_files_stay_inside, nothing_escaped),
    (claims.test_the_page_asks_for_nothing_from_anywhere, no_policy),
    (claims.test_hostile_texts_stay_texts_and_names_of_files_stay_inside, names_as_sent),
    (claims.test_the_archive_holds_what_was_said_and_sent_and_nothing_of_anybody_else, rows_of_everybody),
    (claims.test_agents_are_named_and_notes_given_only_where_the_account_says_so, notes_given),
    (claims.test_the_sweep_makes_one_export_of_two_requests_which_is_fetched_until_it_expires, never_removed),
    (claims.test_every_table_about_a_contact_is_in_the_export_with_its_rows, a_table_forgotten),
    (claims.test_every_table_about_a_contact_is_in_the_export_with_its_rows, hashes_given),
]


@ON_SQLITE
@pytest.mark.parametrize(("claim", "broken"), MUTANTS, ids=lambda each: each.__name__)
async def test_a_defence_taken_out_is_found(
    house: House, monkeypatch: pytest.MonkeyPatch, claim: Claim, broken: Callable[[pytest.MonkeyPatch], None]
) -> None:
    broken(monkeypatch)
    with pytest.raises((AssertionError, LookupError, pytest.fail.Exception)):
        await claim(house)
