"""Second factors: what turns one on, what it asks for, that a code counts once, and who guesses is stopped."""

import asyncio
import threading
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select, update

from chat.core.errors import InvalidField, LetheError, NotNow, RateLimited, Unauthorized
from chat.core.events import CredentialsRevoked
from chat.core.networks import Network
from chat.factors import domain, store
from chat.factors.actions import codes, factors, signing_in
from chat.factors.schema import recovery_code, totp
from chat.infra.audit.schema import audit
from chat.infra.store.tx import Tx
from chat.lifecycle.actions import changes
from chat.routes import every, routes
from chat.team.actions import attempts, credentials, sessions, sign_ins
from chat.team.actions.sign_ins import SignedIn
from chat.web.authentication import COOKIE, HALF
from chat.web.page_endpoint import PageEndpoint
from tests.factors import HOME, MINUTE, STEP, Phone, field_of, half, later, signed_in, turned_on
from tests.inside import CHAT, PASSWORD, House, Served, colleague, is_refused, problem_of
from tests.test_docs import addresses
from tests.test_signin import filled

pytestmark = pytest.mark.anyio
REST = sorted(each for each in addresses(routes()) if " /api/v1/" in each)
PAGES = sorted(
    str(each).replace(":int}", "}") for each in every() if each.audience == "agent" and isinstance(each, PageEndpoint)
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause."""
    monkeypatch.setattr(sign_ins, "EVEN", 0.0)
    monkeypatch.setattr(attempts, "MOMENT", 0.0)


async def shown(house: House, step: str, code: str, network: str = "home", device: str = "") -> Any:
    """What a code brings, or the error."""
    try:
        return await signing_in.finish(house.services, step, code, Network(network), device)
    except LetheError as error:
        return error


async def test_a_right_code_turns_it_on_and_a_wrong_one_does_not(house: House) -> None:
    actor, _ = await signed_in(house)
    offered = factors.offer(house.services, actor, "owner@acme.example", "Acme")
    phone = Phone(house.services, offered.secret, [])
    for code in (phone.wrong(), "", "12345", "1234567", "١٢٣٤٥٦", phone.code(-2), phone.code(2)):
        with pytest.raises(InvalidField):
            await factors.turn_on(house.services, actor, offered.shown, code)
    assert await factors.standing(house.services, actor) == factors.FactorStanding(None, 0)
    assert len(set(await factors.turn_on(house.services, actor, offered.shown, phone.code()))) == 10
    assert (await factors.standing(house.services, actor)).codes == 10
    with pytest.raises(NotNow):
        await factors.turn_on(house.services, actor, offered.shown, phone.code(1))


async def test_only_what_was_offered_to_oneself_and_lately_can_be_taken(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, _ = await signed_in(house)
    offered = factors.offer(house.services, actor, "owner@acme.example", "Acme")
    another = factors.offer(house.services, house.acting("another", "agent"), "yan@acme.example", "Acme")
    for given in (another.shown, offered.shown[:-2], "", house.services.tokens.half_session("x", "y", 0)):
        with pytest.raises(NotNow):
            await factors.turn_on(house.services, actor, given, "000000")
    later(monkeypatch, house.services, 61 * MINUTE)
    with pytest.raises(NotNow):
        await factors.turn_on(house.services, actor, offered.shown, "000000")


async def test_neither_secret_nor_codes_can_be_read_where_they_are_kept(house: House) -> None:
    actor, _ = await signed_in(house)
    phone = await turned_on(house.services, actor)
    held: Any = await house.services.store.read(lambda tx: tx.execute(select(totp)).one())
    kept: Any = await house.services.store.read(lambda tx: tx.execute(select(recovery_code)).all())
    assert phone.secret.encode() not in held.secret
    assert all(len(each.code_hash) == 64 for each in kept)
    assert not {each.code_hash for each in kept} & {*phone.recovery}


async def test_after_the_password_a_code_is_asked_for_and_each_counts_once(house: House) -> None:
    phone = await turned_on(house.services, (await signed_in(house))[0])
    step = await half(house)
    # The one that turned it on was seen already: who looked over a shoulder has nothing.
    assert isinstance(await shown(house, step, phone.code()), InvalidField)
    assert isinstance(await shown(house, step, phone.code(1)), SignedIn)
    assert isinstance(await shown(house, await half(house), phone.code(1)), InvalidField)
    assert isinstance(await shown(house, await half(house), phone.recovery[0]), SignedIn)
    assert isinstance(await shown(house, await half(house), phone.recovery[0]), InvalidField)
    assert isinstance(await shown(house, await half(house), phone.recovery[1].upper().replace("-", " ")), SignedIn)


async def test_a_clock_may_be_a_step_early_or_late_and_no_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = await turned_on(house.services, (await signed_in(house))[0])
    later(monkeypatch, house.services, 10 * MINUTE)
    for steps, good in ((-2, False), (2, False), (-1, True), (0, True), (1, True), (0, False)):
        found = await shown(house, await half(house), phone.code(steps))
        assert isinstance(found, SignedIn) == good, steps


async def both(house: House, code: str) -> list[str]:
    """What two get who show the same code at once."""
    steps = [await half(house), await half(house)]
    meeting, real = threading.Barrier(2), store.totp_of

    def slowly(tx: Tx, agent_id: str, *, lock: bool = False) -> Any:
        with suppress(threading.BrokenBarrierError):
            meeting.wait(0.5)
        return real(tx, agent_id, lock=lock)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "totp_of", slowly)
        found = await asyncio.gather(*(shown(house, step, code) for step in steps))
    return sorted(type(each).__name__ for each in found)


async def test_of_two_who_show_the_same_code_at_once_one_gets_in(house: House) -> None:
    phone = await turned_on(house.services, (await signed_in(house))[0])
    assert await both(house, phone.code(1)) == ["InvalidField", "SignedIn"]
    assert await both(house, phone.recovery[0]) == ["InvalidField", "SignedIn"]


async def test_the_control_codes_that_nobody_uses_up_let_both_in(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = await turned_on(house.services, (await signed_in(house))[0])
    monkeypatch.setattr(store, "use_step", lambda *_: None)
    monkeypatch.setattr(store, "drop_code", lambda *_: None)
    assert await both(house, phone.code(1)) == ["SignedIn", "SignedIn"]
    assert await both(house, phone.recovery[0]) == ["SignedIn", "SignedIn"]


async def let_in(app: Served, cookie: str) -> list[str]:
    """The addresses that answer between the two steps with anything but the way to the second."""
    found = []
    for address in (*REST, *PAGES):
        verb, path = filled(address)
        headers = {"cookie": cookie, "origin": CHAT, "accept": "application/json, text/html"}
        sent: dict[str, Any] = {"json": {}} if "/api/" in path else {"data": {}}
        answer = await app.client.request(verb, path, headers=headers, **(sent if verb != "GET" else {}))
        if "/api/" in path:
            fine = is_refused(answer, 401, "second_factor_required")
        else:
            fine = answer.status_code == 303 and answer.headers["location"].startswith("/signin/second?next=")
        found += [] if fine else [address]
    return found


async def test_nothing_is_open_between_the_two_steps(app: Served) -> None:
    await turned_on(app.services, (await signed_in(app.house))[0])
    answer = await app.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin/second?next=/inbox")
    assert COOKIE not in answer.cookies
    step = answer.cookies[HALF]
    app.client.cookies.clear()
    assert await let_in(app, f"{HALF}={step}") == []
    # Nor does it stand for a session, or for anything else that is signed here.
    for cookie in (f"{COOKIE}={step}", f"{COOKIE}={app.services.tokens.cookie(step)}"):
        problem_of(await app.call("GET", "/api/v1/account", cookie=cookie), 401, "unauthorized")


async def test_the_control_who_takes_the_password_for_all_is_found(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await turned_on(app.services, (await signed_in(app.house))[0])
    monkeypatch.setattr(signing_in.SigningIn, "is_set", lambda *_: False)
    cookie = (await app.sign_in()).cookies[COOKIE]
    app.client.cookies.clear()
    assert len(await let_in(app, f"{COOKIE}={cookie}")) == len([*REST, *PAGES])


async def test_signing_in_by_the_pages(app: Served) -> None:
    phone = await turned_on(app.services, (await signed_in(app.house))[0])
    assert (
        (await app.client.get("/signin/second", headers={"accept": "text/html"}))
        .headers["location"]
        .startswith("/signin?next=")
    )
    await app.sign_in()
    page = await app.client.get("/signin/second?next=/inbox/solved")
    assert page.status_code == 200
    form = {"next": field_of(page, "next"), "code": phone.wrong()}
    wrong = await app.client.post("/signin/second", data=form, headers={"origin": CHAT})
    assert (wrong.status_code, form["code"] in wrong.text, COOKIE in wrong.cookies) == (422, False, False)
    foreign = await app.client.post("/signin/second", data=form, headers={"origin": "https://evil.example"})
    assert foreign.status_code == 403
    right = await app.client.post("/signin/second", data=form | {"code": phone.code(1)}, headers={"origin": CHAT})
    # A code failed, so the agent is told of it first.
    assert (right.status_code, right.headers["location"]) == (303, "/password?next=/inbox/solved")
    assert HALF not in app.client.cookies
    assert (await app.call("GET", "/api/v1/account")).status_code == 200


async def test_a_program_that_signs_in_hears_what_is_missing(app: Served) -> None:
    await turned_on(app.services, (await signed_in(app.house))[0])
    form = {"email": app.house.made.owner_email, "password": PASSWORD}
    answer = await app.client.post("/signin", data=form, headers={"origin": CHAT, "accept": "application/json"})
    problem_of(answer, 401, "second_factor_required")
    assert COOKIE not in answer.cookies


async def test_the_first_step_ends_with_its_time_its_password_and_its_agent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, password = await colleague(house.services, house.actor, "yan@acme.example", "Yan", "agent")
    phone = await turned_on(house.services, (await signed_in(house, other.email, password))[0])
    step = await half(house, other.email, password)
    for given in ("", step[:-2], house.services.tokens.device(other.id, "x", house.services.clock())):
        assert isinstance(await shown(house, given, phone.code(1)), Unauthorized)
    await credentials.renew(house.services, other.email, "seven lamps over quiet water", with_tokens=False)
    assert isinstance(await shown(house, step, phone.code(1)), Unauthorized)
    step = await half(house, other.email, "seven lamps over quiet water")
    with monkeypatch.context() as patch:
        later(patch, house.services, 5 * MINUTE)
        assert isinstance(await shown(house, step, phone.code()), Unauthorized)
    await changes.deactivate(house.services, house.actor, other.id)
    assert isinstance(await shown(house, step, phone.code(1)), Unauthorized)


async def test_who_guesses_is_stopped_and_nobody_else(house: House) -> None:
    phone = await turned_on(house.services, (await signed_in(house))[0])
    step = await half(house)
    tried = [await shown(house, step, phone.wrong(), "evil") for _ in range(codes.NETWORK + 3)]
    assert [type(each) for each in tried] == [InvalidField] * codes.NETWORK + [RateLimited] * 3
    assert isinstance(await shown(house, step, phone.code(1), "evil"), RateLimited)
    assert isinstance(await shown(house, step, phone.code(1), "home"), SignedIn)


async def test_who_guesses_from_everywhere_is_stopped_and_whose_it_is_gets_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = await turned_on(house.services, (await signed_in(house))[0])
    device = (await shown(house, await half(house), phone.code(1))).device
    later(monkeypatch, house.services, MINUTE)
    step = await half(house)
    tried = [await shown(house, step, phone.wrong(), f"evil{number}") for number in range(codes.ANYWHERE + 3)]
    assert [type(each) for each in tried] == [InvalidField] * codes.ANYWHERE + [RateLimited] * 3
    assert isinstance(await shown(house, step, phone.code(), "fresh"), RateLimited)
    assert isinstance(await shown(house, step, phone.code(), "fresh", device), SignedIn)
    assert isinstance(await shown(house, await half(house), phone.recovery[0], "fresh"), SignedIn)
    tried = [await shown(house, step, phone.wrong(), "fresh", device) for _ in range(codes.DEVICE + 1)]
    assert isinstance(tried[-1], RateLimited)


@pytest.mark.parametrize(
    ("limit", "sources"),
    [
        ("factor:any:", [f"evil{number}" for number in range(codes.ANYWHERE + 1)]),
        ("factor:device:", ["home"] * (codes.DEVICE + 1)),
        ("factor:", ["evil"] * (codes.NETWORK + 1)),
    ],
    ids=["from anywhere", "on a device", "from one network"],
)
async def test_the_control_without_a_limit_who_guesses_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch, limit: str, sources: list[str]
) -> None:
    phone = await turned_on(house.services, (await signed_in(house))[0])
    device = (await shown(house, await half(house), phone.code(1))).device if "device" in limit else ""
    step, counted = await half(house), codes._counted
    stopped = [await shown(house, step, phone.wrong(), each, device) for each in sources]
    assert [type(each) for each in stopped] == [InvalidField] * (len(sources) - 1) + [RateLimited]
    monkeypatch.setattr(codes, "_counted", lambda *given: [e for e in counted(*given) if not e[0].startswith(limit)])
    assert isinstance(await shown(house, step, phone.wrong(), sources[-1], device), InvalidField)


async def test_only_failures_count(house: House) -> None:
    phone = await turned_on(house.services, (await signed_in(house))[0])
    for code in phone.recovery[: codes.NETWORK + 2]:
        assert isinstance(await shown(house, await half(house), code), SignedIn)


async def test_a_failure_is_entered_and_shown_at_the_next_sign_in(house: House) -> None:
    phone = await turned_on(house.services, (await signed_in(house))[0])
    await shown(house, await half(house), phone.wrong())
    entered = await house.services.store.read(lambda tx: tx.execute(select(audit.c.action, audit.c.target)).all())
    assert ("factor.failed", house.actor.agent_id) in [tuple(each) for each in entered]
    assert (await shown(house, await half(house), phone.code(1))).failed == 1


@pytest.mark.parametrize("change", ["set", "codes", "off"])
async def test_a_change_ends_the_other_sessions_and_is_entered_in_log_and_ledger(house: House, change: str) -> None:
    heard: list[object] = []
    actor, mine = await signed_in(house)
    if change != "set":
        await turned_on(house.services, actor)
        phone_session = await house.services.store.write(lambda tx: _another(house, tx))
    else:
        phone_session = (await signed_in(house))[1].secret
    cookies = [house.services.tokens.cookie(each) for each in (mine.secret, phone_session)]
    await sessions.by_session(house.services, cookies[1])
    publish = house.services.bus.publish

    def noted(*events: Any) -> None:
        heard.extend(events)
        publish(*events)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.services.bus, "publish", noted)
        if change == "set":
            await turned_on(house.services, actor)
        elif change == "codes":
            await factors.renew_codes(house.services, actor)
        else:
            await factors.turn_off(house.services, actor)
    assert CredentialsRevoked(actor.account_id, actor.agent_id) in heard
    await sessions.by_session(house.services, cookies[0])
    with pytest.raises(Unauthorized):
        await sessions.by_session(house.services, cookies[1])
    said = select(audit.c.action).order_by(audit.c.number)
    entered = await house.services.store.read(lambda tx: tx.execute(said).scalars().all())
    assert entered[-1] == {"set": "factor.set", "codes": "factor.codes_made", "off": "factor.removed"}[change]
    assert [*house.services.ledger.entries()][-1].did == ("codes" if change == "codes" else "factor")


def _another(house: House, tx: Tx) -> str:
    """Begin one more session of the owner, whatever it would have to show."""
    from chat.team import store as rows  # noqa: PLC0415 - a name that the module above gives to another

    row = rows.active(tx, house.actor.agent_id, lock=True)
    assert row is not None
    return sign_ins.begin_session(house.services, tx, row, "", method="password").secret


async def test_new_codes_take_the_place_of_the_old_and_off_is_off(house: House) -> None:
    actor, _ = await signed_in(house)
    phone = await turned_on(house.services, actor)
    fresh = await factors.renew_codes(house.services, actor)
    assert isinstance(await shown(house, await half(house), phone.recovery[0]), InvalidField)
    assert isinstance(await shown(house, await half(house), fresh[0]), SignedIn)
    await factors.turn_off(house.services, actor)
    assert isinstance(await sign_ins.sign_in(house.services, house.made.owner_email, PASSWORD, HOME), SignedIn)
    for change in (factors.turn_off, factors.renew_codes):
        with pytest.raises(NotNow):
            await change(house.services, actor)


async def test_a_program_changes_no_factor_and_nor_does_a_session_that_has_ended(house: House) -> None:
    actor, _ = await signed_in(house)
    offered = factors.offer(house.services, house.actor, "owner@acme.example", "Acme")
    code = Phone(house.services, offered.secret, []).code()
    with pytest.raises(LetheError, match="not by a program"):
        await factors.turn_on(house.services, house.actor, offered.shown, code)
    await sign_ins.sign_out(house.services, actor)
    with pytest.raises(Unauthorized):
        await factors.turn_on(house.services, actor, offered.shown, code)


async def test_a_factor_that_is_spoilt_opens_nothing_and_still_asks(house: House) -> None:
    phone = await turned_on(house.services, (await signed_in(house))[0])
    await house.services.store.write(lambda tx: tx.execute(update(totp).values(step=0)))
    assert isinstance(await shown(house, await half(house), phone.code(1)), InvalidField)
    assert isinstance(await shown(house, await half(house), phone.recovery[0]), SignedIn)


async def test_the_rows_of_another_agent_moved_here_open_nothing(house: House) -> None:
    other, password = await colleague(house.services, house.actor, "yan@acme.example", "Yan", "agent")
    theirs = await turned_on(house.services, (await signed_in(house, other.email, password))[0])
    mine = house.actor.agent_id
    await turned_on(house.services, (await signed_in(house))[0])

    def moved(tx: Tx) -> None:
        held: Any = tx.execute(select(totp).where(totp.c.agent_id == other.id)).one()
        tx.execute(update(totp).where(totp.c.agent_id == mine).values(secret=held.secret, mac=held.mac, step=held.step))
        tx.execute(update(recovery_code).where(recovery_code.c.agent_id == other.id).values(agent_id=mine))
        # As it would have to be found, were the code kept by its hash alone.
        made = codes.code_hash(house.services, mine, theirs.recovery[0])
        row: Any = tx.execute(select(recovery_code).where(recovery_code.c.agent_id == mine)).first()
        tx.execute(update(recovery_code).where(recovery_code.c.id == row.id).values(code_hash=made))

    await house.services.store.write(moved)
    for code in (theirs.code(1), *theirs.recovery[:3]):
        assert isinstance(await shown(house, await half(house), code), InvalidField)


async def test_the_page_shows_a_secret_that_a_wrong_code_does_not_change_and_codes_once(app: Served) -> None:
    await app.sign_in()
    page = await app.client.get("/second-factor")
    assert "<svg" in page.text
    secret = page.text.partition('class="secret">')[2].partition("<")[0].replace(" ", "")
    phone = Phone(app.services, secret, [])
    form = {"csrf": field_of(page, "csrf"), "offer": field_of(page, "offer"), "code": phone.wrong()}
    wrong = await app.client.post("/second-factor", data=form, headers={"origin": CHAT})
    assert (wrong.status_code, secret[:4] in wrong.text, 'id="code-error"' in wrong.text) == (422, True, True)
    form["offer"] = field_of(wrong, "offer")
    right = await app.client.post("/second-factor", data=form | {"code": phone.code()}, headers={"origin": CHAT})
    made = right.text.partition("recovery-codes")[2].partition("<code>")[2].partition("</code>")[0].split()
    assert (right.status_code, len(made)) == (200, 10)
    again = await app.client.get("/second-factor")
    assert not any(code in again.text for code in made)
    assert secret[:4] not in again.text
    off = await app.client.post("/second-factor/off", data={"csrf": form["csrf"]}, headers={"origin": CHAT})
    assert off.headers["location"] == "/second-factor?saved=1"


def test_a_recovery_code_is_never_taken_for_one_by_time() -> None:
    made = [domain.typed(each) for _ in range(200) for each in domain.new_recovery_codes()]
    assert not any(domain.is_by_time(each) for each in made)
    assert len(set(made)) == len(made)
    assert len(domain.SIGNS) ** domain.RECOVERY_LENGTH > 2**59


async def test_steps_are_of_thirty_seconds(house: House) -> None:
    assert domain.STEP * 1000 == STEP
    # The vector of RFC 6238, appendix B, for SHA-1 at 59 s, in six digits.
    assert domain.matching_step("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "287082", 59_000) == 1
    assert isinstance(house, House)
