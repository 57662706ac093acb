"""What tests do with second factors: a session's actor, one turned on, the code of a moment, another time."""

from dataclasses import dataclass

import httpx2
import pyotp
import pytest

from chat.core.errors import SecondFactorRequired
from chat.core.model import Actor
from chat.core.networks import Network
from chat.factors.actions import factors
from chat.infra.services import Services
from chat.team.actions import sessions, sign_ins
from chat.team.actions.sign_ins import SignedIn
from tests.inside import PASSWORD, House

STEP, MINUTE = 30_000, 60_000
HOME = Network("home")


@dataclass
class Phone:
    """An app with a secret, and the recovery codes on paper."""

    services: Services
    secret: str
    recovery: list[str]

    def code(self, steps: int = 0) -> str:
        """What the app shows, so many steps of 30 s from now."""
        return pyotp.TOTP(self.secret).generate_otp(self.services.clock() // STEP + steps)

    def wrong(self) -> str:
        """Six digits that it shows neither now nor soon."""
        near = {self.code(each) for each in range(-3, 10)}
        return next(f"{each:06}" for each in range(100) if f"{each:06}" not in near)


async def signed_in(house: House, email: str = "", password: str = PASSWORD) -> tuple[Actor, SignedIn]:
    """The actor of a fresh session, and what the browser got."""
    made = await sign_ins.sign_in(house.services, email or house.made.owner_email, password, HOME)
    return await sessions.by_session(house.services, house.services.tokens.cookie(made.secret), due=True), made


async def turned_on(services: Services, actor: Actor) -> Phone:
    """Turn the second factor on for an actor."""
    offered = factors.offer(services, actor, "somebody@acme.example", "Acme")
    phone = Phone(services, offered.secret, [])
    phone.recovery = await factors.turn_on(services, actor, offered.shown, phone.code())
    return phone


async def half(house: House, email: str = "", password: str = PASSWORD) -> str:
    """What the browser shows after the password was right."""
    with pytest.raises(SecondFactorRequired) as found:
        await sign_ins.sign_in(house.services, email or house.made.owner_email, password, HOME)
    return found.value.half


def later(monkeypatch: pytest.MonkeyPatch, services: Services, milliseconds: int) -> None:
    """Let so much time pass, once and for all that follows."""
    now = services.clock() + milliseconds
    monkeypatch.setattr(type(services), "clock", property(lambda _: lambda: now), raising=False)


def field_of(page: httpx2.Response, name: str) -> str:
    """The value of a field of a page."""
    found = page.text.partition(f'name="{name}" value="')[2].partition('"')[0]
    assert found, page.text
    return found
