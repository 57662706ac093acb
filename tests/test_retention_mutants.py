"""Retention's defences taken out one at a time: the claim that each holds must be found false without it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import true

from chat.attachments import store as uploads
from chat.infra.store import ageing as due
from chat.retention.store import ageing
from chat.spam_filter.actions import training
from chat.tickets.store import ageing as kinds
from tests import test_retention as claims
from tests.inside import House


@dataclass(frozen=True)
class Mutant:
    """What is replaced, by what, and the claim that must notice."""

    of: Any
    name: str
    by: Any
    claim: Callable[[House], Awaitable[None]]


async def nothing(*_: object) -> None:
    """Do nothing."""


MUTANTS = {
    "holds are ignored": Mutant(
        ageing, "free", lambda _: true(), claims.test_what_a_hold_keeps_stays_and_the_report_says_so
    ),
    "departments are ignored": Mutant(due, "_own", lambda *_: {}, claims.test_a_department_keeps_for_its_own_days),
    "accounts are ignored": Mutant(
        due, "of_account", lambda kind, policy: kind.where(policy), claims.test_one_accounts_days_touch_no_other
    ),
    "what was due is taken unasked": Mutant(
        ageing, "still", lambda *given: given[3], claims.test_who_writes_again_meanwhile_keeps_their_ticket
    ),
    "files stay": Mutant(
        uploads, "of_tickets", lambda *_: [], claims.test_a_ticket_goes_with_all_that_hangs_off_it_and_no_other_does
    ),
    "labels stay learnt": Mutant(
        training, "relearn_contact", nothing, claims.test_a_label_that_is_over_its_days_is_unlearnt_at_once
    ),
    "what hangs off a ticket that goes counts twice": Mutant(
        kinds,
        "_young",
        lambda _: true(),
        claims.test_a_rehearsals_counts_equal_the_runs_and_what_stays_is_within_policy,
    ),
}


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", MUTANTS)
async def test_a_defence_that_is_missing_is_found_out(house: House, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    mutant = MUTANTS[name]
    monkeypatch.setattr(mutant.of, mutant.name, mutant.by)
    with pytest.raises((AssertionError, KeyError)):
        await mutant.claim(house)
