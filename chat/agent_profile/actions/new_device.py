"""A letter to an agent when somebody signs in as them from a device that is new: if it was not they, they must know."""

from __future__ import annotations

from chat.account import store as accounts
from chat.agent_mail import actions as agent_mail
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team.store import AgentRow

UNKNOWN = "?"


def write_of(services: Services, tx: Tx, row: AgentRow, device: str) -> None:
    """Write to the agent of a row, where the server sends mail. `device` is its kind (`chat.core.devices`)."""
    t = services.gathered.locales.words(agent_mail.language_of(services, row))
    browser, _, system = device.partition("/")
    if UNKNOWN in {browser, system} or not system:
        known = " ".join(each for each in (browser, system) if each not in {UNKNOWN, ""})
        kind = known or t("sessions.unknown")
    else:
        kind = t("sessions.device", browser=browser, system=system)
    name = accounts.one(tx, row.account_id).name
    agent_mail.queue(services, tx, row, "mail.new_device", name=name, device=kind)
