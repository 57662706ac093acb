"""Signed-in customers whom an agent takes for one person: each device stays its own customer's, an erasure ends all."""

import pytest

from chat.core import frames
from chat.erasure.actions import erasure
from tests.inside import Served, inner_socket, problem_of
from tests.test_customers import EVE, ZOE, by_hash, comes, of, says, secret_for, token
from tests.test_widget_http import kept

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]


@pytest.mark.parametrize("merged", [True, False], ids=["merged", "the control"])
async def test_another_device_of_the_merged_one_is_theirs_and_an_erasure_of_one_ends_both(
    app: Served, *, merged: bool
) -> None:
    by_key = by_hash(ZOE, await secret_for(app))
    claims = {"sub": EVE, "exp": app.services.clock() // 1000 + 600}
    by_token = {"jwt": token(await secret_for(app, "jwt"), **claims)}
    zoe, eve = [
        (await comes(app, each, fields={"name": name})).json() for each, name in ((by_key, "Zoe"), (by_token, "Eve"))
    ]
    if merged:
        path, other = f"/contacts/{zoe['contact_id']}/merge", {"other": eve["contact_id"]}
        assert (await app.rest("POST", path, other)).json() == {"contact_id": zoe["contact_id"]}
    # Another device of either is that customer's, and reads nothing of the other's.
    for identity, mine, theirs in ((by_key, zoe, "Eve"), (by_token, eve, "Zoe")):
        again = (await comes(app, identity)).json()
        assert again["contact_id"] == mine["contact_id"]
        bearer = {"authorization": f"Bearer {again['token']}"}
        exported = await app.call("GET", f"/widget/{app.house.key}/export", **bearer)
        assert (exported.status_code, theirs in exported.text) == (200, False)
        assert (await says(app, again, identity)).status_code == 200
        problem_of(await says(app, again, by_token if identity is by_key else by_key), 409, "not_now")
    async with inner_socket(app, "/ws/visitor", {}) as socket:
        await socket("", "websocket.accept")
        await socket("hello", "welcome", token=zoe["token"])
        assert (await app.rest("DELETE", f"/contacts/{eve['contact_id']}")).status_code == 202
        await erasure.sweep(app.services)
        if merged:
            assert await socket("", "websocket.close") == {"type": "websocket.close", "code": frames.CLOSE_ERASED}
    problem_of(await says(app, eve, by_token), 401, "unauthorized")
    assert (await says(app, zoe, by_key)).status_code == (401 if merged else 200)
    assert ((await kept(app))[0]["customer"], len(await of(app, ZOE))) == ((0, 0) if merged else (1, 1))
    # Who comes again begins anew, and is nobody's part.
    new = (await comes(app, by_token, fields={"name": "Eve"})).json()
    shown = (await app.rest("GET", f"/contacts/{new['contact_id']}")).json()
    assert (shown["id"], shown["merged"], new["contact_id"] != eve["contact_id"]) == (new["contact_id"], [], True)
