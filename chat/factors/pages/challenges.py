"""Challenges for passkeys: what a browser is asked, and what it answered in a form."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from chat.core.tokens import CEREMONY_SECONDS
from chat.factors.actions import by_passkey, own_passkeys
from chat.passkeys import domain
from chat.passkeys.actions import Ceremony, PasskeyAnswer
from chat.passkeys.domain import Credential, RelyingParty
from chat.web.answers import JSON
from chat.web.authentication import CEREMONY, HALF, cookie_of, give_cookie, own_origin
from chat.web.endpoint import Ask, endpoint


@endpoint("POST /second-factor/challenge", audience="agent", due=True, step_up=True)
async def begin_adding(ask: Ask[None]) -> Response:
    """Return what a browser needs to make a passkey (`PublicKeyCredentialCreationOptions`), good for five minutes."""
    return asked(ask.request, await own_passkeys.begin(ask.services, ask.actor, party_of(ask.request)))


@endpoint("POST /signin/challenge", audience="anybody", csrf="origin")
async def begin_signing_in(ask: Ask[None]) -> Response:
    """Return what a browser needs to show a passkey (`PublicKeyCredentialRequestOptions`), good for five minutes."""
    return asked(ask.request, by_passkey.ask_anybody(ask.services, party_of(ask.request)))


@endpoint("POST /signin/second/challenge", audience="anybody", csrf="origin")
async def begin_second_step(ask: Ask[None]) -> Response:
    """Return the same after a password, for the passkeys of whose it is."""
    half = cookie_of(ask.request, HALF)
    return asked(ask.request, await by_passkey.ask_after_password(ask.services, half, party_of(ask.request)))


@endpoint("POST /step-up/challenge", audience="agent", due=True)
async def begin_step_up(ask: Ask[None]) -> Response:
    """Return the same for showing again who is signed in."""
    return asked(ask.request, await by_passkey.ask_again(ask.services, ask.actor, party_of(ask.request)))


def asked(request: Request, ceremony: Ceremony) -> Response:
    """Answer with what a browser is asked, and the cookie that it brings back with its answer."""
    answer = JSON(ceremony.options)
    give_cookie(request, answer, CEREMONY, ceremony.cookie, CEREMONY_SECONDS)
    return answer


def party_of(request: Request) -> RelyingParty:
    """Return for whom passkeys are on this server. Raises NotNow where it has no name."""
    return domain.relying_party(own_origin(request))


def answer_of(request: Request, shown: str) -> PasskeyAnswer:
    """Return what a browser answered, as it stands in a form's field. Raises InvalidField, or NotNow as `party_of`."""
    return PasskeyAnswer(party_of(request), domain.read(shown, Credential), cookie_of(request, CEREMONY))
