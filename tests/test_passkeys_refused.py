"""Answers that are not good: each is refused in one line, changes nothing, and whose passkey it is learns of it."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import webauthn
from sqlalchemy import func, select, update

from chat.core.errors import InvalidField, LetheError, ProviderRequired, RateLimited, Unauthorized
from chat.core.networks import Network
from chat.core.tokens import Tokens
from chat.factors.actions import by_passkey, codes, own_passkeys
from chat.infra.audit.schema import audit
from chat.lifecycle.actions import changes
from chat.passkeys import actions as ceremonies
from chat.passkeys import store
from chat.passkeys.actions import Ceremony, PasskeyAnswer
from chat.passkeys.domain import PATIENCE, Credential, RelyingParty, read
from chat.passkeys.schema import passkey
from chat.team import store as rows
from chat.team.actions import attempts, sessions, sign_ins
from chat.team.actions.sign_ins import SignedIn
from chat.team.schema import session
from tests.authenticator import PARTY, Authenticator, added, raw
from tests.factors import HOME, half, later, signed_in
from tests.inside import House, colleague

pytestmark = pytest.mark.anyio
ENTERED = select(audit.c.action).order_by(audit.c.number)
Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def quick(monkeypatch: Patch) -> None:
    """No pause."""
    monkeypatch.setattr(sign_ins, "EVEN", 0.0)
    monkeypatch.setattr(attempts, "MOMENT", 0.0)


async def owners(house: House, number: int = 1) -> Authenticator:
    """A device of the owner's, whose passkey signed in before."""
    device = Authenticator(number)
    await added(house.services, (await signed_in(house))[0], device)
    assert isinstance(await tried(house, device.answer(asked(house))), SignedIn)
    return device


def asked(house: House, party: RelyingParty = PARTY) -> Ceremony:
    """What anybody is asked who would sign in."""
    return by_passkey.ask_anybody(house.services, party)


async def tried(house: House, answer: PasskeyAnswer) -> SignedIn | LetheError:
    """What an answer brings who would sign in by it alone."""
    try:
        return await by_passkey.sign_in(house.services, answer, HOME)
    except LetheError as error:
        return error


async def held(house: House) -> tuple[Any, ...]:
    """What stands in the database of passkeys, and how many sessions there are."""

    def work(tx: Any) -> tuple[Any, ...]:
        return (*tx.execute(select(passkey)).all(), tx.execute(select(func.count()).select_from(session)).scalar())

    return await house.services.store.read(work)


async def refused(house: House, answer: PasskeyAnswer) -> None:
    """Claim that an answer opens nothing and changes nothing."""
    before = await held(house)
    found = await tried(house, answer)
    assert isinstance(found, Unauthorized), found
    assert found.detail == by_passkey.REFUSED
    assert await held(house) == before


async def of_another_site(house: House, _: Patch) -> None:
    device = await owners(house)
    device.party = "evil.example"
    await refused(house, device.answer(asked(house)))


async def on_another_page(house: House, _: Patch) -> None:
    device = await owners(house)
    device.origin = "https://evil.example"
    await refused(house, device.answer(asked(house)))


async def to_another_challenge(house: House, _: Patch) -> None:
    device = await owners(house)
    device.challenge = raw(asked(house).options["challenge"])
    await refused(house, device.answer(asked(house)))


async def shown_twice(house: House, _: Patch) -> None:
    device = await owners(house)
    device.counts, device.count = False, 0  # as most that are synced: the count says nothing
    await house.services.store.write(lambda tx: _recount(tx, 0))
    answer = device.answer(asked(house))
    assert isinstance(await tried(house, answer), SignedIn)
    await refused(house, answer)


async def too_late(house: House, patch: Patch) -> None:
    device = await owners(house)
    ceremony = asked(house)
    later(patch, house.services, PATIENCE)
    await refused(house, device.answer(ceremony))


async def for_another_use(house: House, _: Patch) -> None:
    device, actor = await owners(house), (await signed_in_by(house))
    await refused(house, device.answer(await by_passkey.ask_again(house.services, actor, PARTY)))


async def by_a_copy(house: House, _: Patch) -> None:
    device = await owners(house)
    copy = device.copy()
    assert isinstance(await tried(house, device.answer(asked(house))), SignedIn)
    await refused(house, copy.answer(asked(house)))


async def without_its_person(house: House, _: Patch) -> None:
    device = await owners(house)
    device.verified = False
    await refused(house, device.answer(asked(house)))


async def that_names_nobody(house: House, _: Patch) -> None:
    device = await owners(house)
    device.handle = b""
    await refused(house, device.answer(asked(house)))


async def that_names_another(house: House, _: Patch) -> None:
    device = await owners(house)
    device.handle = bytes(32)
    await refused(house, device.answer(asked(house)))


async def by_another_key(house: House, _: Patch) -> None:
    device = await owners(house)
    other = Authenticator(device.number, handle=device.handle, count=9)
    await refused(house, other.answer(asked(house)))


async def of_who_was_shut_out(house: House, _: Patch) -> None:
    other, password = await colleague(house.services, house.actor, f"{uuid4()}@acme.example", "Yan", "agent")
    device = Authenticator()
    await added(house.services, (await signed_in(house, other.email, password))[0], device)
    await changes.deactivate(house.services, house.actor, other.id)
    await refused(house, device.answer(asked(house)))


async def whose_row_was_changed(house: House, _: Patch) -> None:
    device = await owners(house)
    copy = device.copy()
    assert isinstance(await tried(house, device.answer(asked(house))), SignedIn)
    # Who writes the database alone sets the count back, for a copy of the device.
    await house.services.store.write(lambda tx: tx.execute(update(passkey).values(sign_count=0)))
    await refused(house, copy.answer(asked(house)))


def _recount(tx: Any, count: int) -> None:
    """Set the count of the one passkey, as its device would."""
    row = tx.execute(select(passkey)).one()
    store.note_use(tx, row, count, 0)


async def signed_in_by(house: House) -> Any:
    """The actor of a session of the owner's, begun without more."""

    def work(tx: Any) -> str:
        row = rows.active(tx, house.actor.agent_id, lock=True)
        assert row is not None
        return sign_ins.begin_session(house.services, tx, row, "", method="password").secret

    made = await house.services.store.write(work)
    return await sessions.by_session(house.services, house.services.tokens.cookie(made))


def unchecked(what: str) -> Callable[[Patch], None]:
    """A library that takes whatever the answer says for what was expected."""
    real = webauthn.verify_authentication_response

    def broken(patch: Patch) -> None:
        def check(**given: Any) -> Any:
            client = _client(given["credential"])
            if what == "origin":
                given["expected_origin"] = client["origin"]
            elif what == "challenge":
                given["expected_challenge"] = raw(client["challenge"])
            elif what == "count":
                given["credential_current_sign_count"] = 0
            else:
                given["expected_rp_id"] = "evil.example"
            return real(**given)

        patch.setattr(webauthn, "verify_authentication_response", check)

    return broken


def _client(credential: dict[str, Any]) -> dict[str, Any]:
    return dict(msgspec.json.decode(raw(credential["response"]["clientDataJSON"])))


def answered_again(patch: Patch) -> None:
    """A server that forgets which challenges were answered."""
    patch.setattr(store, "is_answered", lambda *_: False)
    patch.setattr(store, "note_answered", lambda *_: None)


def patient(patch: Patch) -> None:
    """A server whose challenges are good for longer."""
    whole = Tokens.read_ceremony
    patch.setattr(Tokens, "read_ceremony", lambda self, shown, kind, whose, _: whole(self, shown, kind, whose, 0))


def careless_of_use(patch: Patch) -> None:
    """A server that does not look what a challenge was given for."""

    def look(self: Tokens, shown: str, _kind: str, _whose: str, _now: int) -> tuple[str, int]:
        *_, challenge, until = self._ceremony.loads(shown)
        return challenge, until

    patch.setattr(Tokens, "read_ceremony", look)


def never_verifies(patch: Patch) -> None:
    """A server that does not ask whether the device made sure who holds it."""
    patch.setattr(ceremonies, "_verifies", lambda _: False)


def names_anybody(patch: Patch) -> None:
    """A server that does not look whom the device names."""
    patch.setattr(ceremonies, "_names", lambda *_: True)


def unsigned(patch: Patch) -> None:
    """A library that takes any signature."""
    patch.setattr("webauthn.authentication.verify_authentication_response.verify_signature", lambda **_: None)


def shut_out_is_in(patch: Patch) -> None:
    """A server that does not look whether an agent is active."""
    patch.setattr(rows, "active", lambda tx, agent_id, **_: rows.by_id(tx, agent_id))


def unbound(patch: Patch) -> None:
    """A store that does not look whether a row holds."""
    patch.setattr(store, "holds", lambda *_: True)


Claim = Callable[[House, Patch], Awaitable[None]]
REFUSED: dict[str, tuple[Claim, Callable[[Patch], None]]] = {
    "of another site": (of_another_site, unchecked("party")),
    "on another page": (on_another_page, unchecked("origin")),
    "to another challenge": (to_another_challenge, unchecked("challenge")),
    "shown twice": (shown_twice, answered_again),
    "too late": (too_late, patient),
    "for another use": (for_another_use, careless_of_use),
    "by a copy": (by_a_copy, unchecked("count")),
    "without its person": (without_its_person, never_verifies),
    "that names nobody": (that_names_nobody, names_anybody),
    "that names another": (that_names_another, names_anybody),
    "by another key": (by_another_key, unsigned),
    "of who was shut out": (of_who_was_shut_out, shut_out_is_in),
    "whose row was changed": (whose_row_was_changed, unbound),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_not_good_is_refused_and_the_control_without_the_defence_it_is_not(
    house: House, monkeypatch: Patch, what: str
) -> None:
    claim, broken = REFUSED[what]
    with pytest.MonkeyPatch.context() as patch:
        await claim(house, patch)
    entered = await house.services.store.read(lambda tx: tx.execute(ENTERED).scalars().all())
    # Nobody can be told by a row that does not hold, which may say anybody.
    assert ("agent.sign_in_failed" in entered) == (claim is not whose_row_was_changed)
    await house.services.store.write(lambda tx: tx.execute(passkey.delete()))
    broken(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await claim(house, monkeypatch)


async def test_nobody_shows_the_passkey_of_another_after_their_own_password(house: House, monkeypatch: Patch) -> None:
    device, theirs = await owners(house), Authenticator(2)
    other, password = await colleague(house.services, house.actor, "yan@acme.example", "Yan", "agent")
    await added(house.services, (await signed_in(house, other.email, password))[0], theirs)
    step = await half(house)
    ceremony = await by_passkey.ask_after_password(house.services, step, PARTY)
    for number in range(codes.NETWORK + 1):
        answer = theirs.answer(ceremony) if number else PasskeyAnswer(PARTY, theirs.show(ceremony), "")
        with pytest.raises(RateLimited if number == codes.NETWORK else InvalidField):
            await by_passkey.finish(house.services, step, answer, Network("evil"))
    # From elsewhere whose it is gets in, though not with what another step was asked.
    ceremony = await by_passkey.ask_after_password(house.services, step, PARTY)
    with monkeypatch.context() as patch:
        later(patch, house.services, 1000)
        another = await half(house)
    with pytest.raises(InvalidField):
        await by_passkey.finish(house.services, another, device.answer(ceremony), HOME)
    made = await by_passkey.finish(house.services, step, device.answer(ceremony), HOME)
    assert made.failed == codes.NETWORK + 1


async def test_an_account_that_lets_in_certain_networks_lets_no_passkey_in_from_others(
    house: House, monkeypatch: Patch
) -> None:
    device = await owners(house)
    monkeypatch.setattr(sign_ins, "is_inside", lambda *_: False)
    await refused(house, device.answer(asked(house)))
    monkeypatch.setattr(sign_ins, "is_inside", lambda *_: True)
    assert isinstance(await tried(house, device.answer(asked(house))), SignedIn)


async def test_who_must_come_through_a_provider_comes_by_no_passkey(house: House, monkeypatch: Patch) -> None:
    device = await owners(house)

    def required(*_: object) -> None:
        raise ProviderRequired(str(uuid4()))

    monkeypatch.setattr(sign_ins, "require_provider_optional", required)
    assert isinstance(await tried(house, device.answer(asked(house))), ProviderRequired)


async def test_a_passkey_that_is_made_wrongly_is_not_kept(house: House) -> None:
    actor, _ = await signed_in(house)
    for device in (Authenticator(party="evil.example"), Authenticator(origin="https://evil.example")):
        with pytest.raises(InvalidField):
            await added(house.services, actor, device)
    ceremony = await own_passkeys.begin(house.services, actor, PARTY)
    new = Authenticator().make(ceremony)
    another, _ = await signed_in(house)
    for who, cookie, given in (
        (another, ceremony.cookie, new),  # another session
        (actor, asked(house).cookie, new),  # another use
        (actor, ceremony.cookie[:-1], new),
        (actor, ceremony.cookie, msgspec.structs.replace(new, id="AAAA")),  # not the one that was signed
    ):
        with pytest.raises(InvalidField) as found:
            await own_passkeys.add(house.services, who, PARTY, "x", given, cookie)
        assert found.value.extra["field"] == "passkey"
    assert (await own_passkeys.add(house.services, actor, PARTY, "x", new, ceremony.cookie)).recovery_codes
    with pytest.raises(InvalidField):
        await own_passkeys.add(house.services, actor, PARTY, "x", new, ceremony.cookie)


async def test_whatever_else_is_sent_is_refused_in_one_line(house: House) -> None:
    device = await owners(house)
    whole = msgspec.to_builtins(device.show(asked(house)))
    for odd in ("", "[", "[" * 5000, "{}", "null", '{"id": 1}', "\x00", '{"id":"*","response":{}}'):
        with pytest.raises(InvalidField):
            read(odd, Credential)
    for name in ("clientDataJSON", "authenticatorData", "signature", "userHandle"):
        for value in ("", "A", "AAAA", "oWNmbXQ", "_" * 16_384):
            ceremony = asked(house)
            response = msgspec.to_builtins(device.show(ceremony))["response"] | {name: value}
            bent = msgspec.convert(whole | {"response": response}, Credential)
            found = await tried(house, PasskeyAnswer(PARTY, bent, ceremony.cookie))
            assert isinstance(found, Unauthorized | RateLimited), (name, value)
