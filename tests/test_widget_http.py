"""What a visitor's browser may ask for over HTTP: nothing is stored before the yes, and nothing is given without it."""

import base64
import hashlib
import json
import re
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import to_builtins

from chat.account.actions import accounts
from chat.consent import api
from chat.consent.actions import consent
from chat.core.clock import DAY
from chat.core.crypt import derive
from chat.core.tokens import Tokens
from chat.erasure.actions import erasure
from chat.web.files import folder
from chat.web.refused import RefusedOrigins
from tests.chance import dice
from tests.inside import SHOP, TEXTS, Served, counted, found, problem_of

pytestmark = pytest.mark.anyio
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
YES: dict[str, Any] = {"notice_version": 1, "consent": {"chat": True, "spam_training": False}, "locale": "en"}


async def agree(app: Served, key: str = "", **changed: Any) -> httpx2.Response:
    return await app.call("POST", f"/widget/{key or app.house.key}/sessions", YES | changed, origin=SHOP)


async def kept(app: Served) -> tuple[dict[str, int], int]:
    """How many rows there are, and how many keys."""
    return await counted(app.services), keys(app)


def keys(app: Served) -> int:
    slots: Any = app.services.keys._slots
    if hasattr(slots, "_engine"):
        with slots._engine.connect() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM data_key").scalar_one())
    content = (app.services.settings.data / "keys" / "contacts.keys").read_bytes()
    return sum(content[at : at + 96] != bytes(96) for at in range(96, len(content), 96))


async def test_agreeing_stores_a_contact_a_receipt_and_a_key(app: Served) -> None:
    """The control of all that store nothing."""
    rows, count = await kept(app)
    answer = await agree(app, fields={"name": "Zoe", "email": "zoe@x.example"})
    assert answer.status_code == 201
    assert set(answer.json()) == {"token", "receipt", "contact_id"}
    assert await kept(app) == (rows | {"contact": 1, "receipt": 1}, count + 1)


@ON_SQLITE
async def test_who_prefers_little_gets_no_receipt_yet_and_it_is_kept(app: Served) -> None:
    path, shown = f"/widget/{app.house.key}", {"origin": SHOP, "prefer": "return=minimal"}
    begun = (await app.call("POST", f"{path}/sessions", YES, **shown)).json()
    assert set(begun) == {"token", "contact_id"}
    receipt = await app.call("GET", f"{path}/receipt", authorization=f"Bearer {begun['token']}")
    assert receipt.json()["receipt"]["consent"] == YES["consent"]


async def test_only_true_is_a_yes(app: Served) -> None:
    before = await kept(app)
    for value in (1, 1.0, "true", "True", "yes", "on", None, False, 0, "", [], [True], {}, {"chat": True}):
        problem_of(await agree(app, consent={"chat": value}), 422, "consent_required")
    wholes: tuple[Any, ...] = (None, {}, {"spam_training": True}, [], True, "true", {"Chat": True})
    for whole in wholes:
        problem_of(await agree(app, consent=whole), 422, "consent_required")
    assert await kept(app) == before


async def test_no_word_of_consent_is_no_yes(app: Served) -> None:
    before = await kept(app)
    body = {"notice_version": 1}
    problem_of(await app.call("POST", f"/widget/{app.house.key}/sessions", body), 422, "consent_required")
    assert await kept(app) == before


async def test_another_notices_version_gets_the_current_one(app: Served) -> None:
    before = await kept(app)
    for version in (2, 0, -1, 10**12, 10**30):
        body = problem_of(await agree(app, notice_version=version), 409, "notice_outdated")
        assert (body["notice"]["version"], body["notice"]["text"]) == (1, TEXTS[0].text)
    assert await kept(app) == before


@ON_SQLITE
async def test_an_older_version_gets_the_current_one_in_the_visitors_language(app: Served) -> None:
    await app.house.publish()
    body = problem_of(await agree(app, locale="el"), 409, "notice_outdated")
    assert (body["notice"]["version"], body["notice"]["text"]) == (2, f"{TEXTS[1].text} (1)")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"more": 1}, "more"),
    ({"fields": {"phone": "1"}}, "phone"),
    ({"consent": {"chat": True, "marketing": True}}, "marketing"),
    ({"notice_version": "1"}, "notice_version"),
    ({"fields": {"email": "nobody"}}, "email"),
    ({"fields": {"email": "two@@x.example"}}, "email"),
    ({"fields": {"name": "x" * 201}}, "name"),
    ({"fields": {"name": "a\x00b"}}, "name"),
    ({"fields": {"name": 7}}, "fields"),
    ({"fields": ["name"]}, "fields"),
    ({"locale": 5}, "locale"),
    ({"build": "x" * 65}, "build"),
]


async def test_a_wrong_field_is_named_and_stores_nothing(app: Served) -> None:
    before = await kept(app)
    for changed, field in WRONG:
        code = "unknown_parameter" if field in {"more", "marketing"} else "invalid_field"
        body = problem_of(await agree(app, **changed), 422, code)
        assert field in body["field"]
    assert await kept(app) == before


async def test_what_is_no_agreement_stores_nothing(app: Served) -> None:
    before = await kept(app)
    for raw in (b"", b"{", b"null", b"[]", b"{}", b"\xff\xfe", b"7", b"[" * 10_000):
        answer = await app.client.post(f"/widget/{app.house.key}/sessions", content=raw)
        problem_of(answer, 422, "invalid_field")
    assert await kept(app) == before


@ON_SQLITE
async def test_a_body_over_the_limit_is_too_large(app: Served) -> None:
    answer = await app.client.post(f"/widget/{app.house.key}/sessions", content=b" " * 300_000)
    problem_of(answer, 413, "too_large")


@ON_SQLITE
async def test_fields_are_asked_as_the_site_says(app: Served) -> None:
    house = app.house
    await accounts.change_site(app.services, house.actor, house.site.id, fields={"name": "required", "email": "off"})
    assert problem_of(await agree(app), 422, "invalid_field")["field"] == "name"
    assert problem_of(await agree(app, fields={"name": "   "}), 422, "invalid_field")["field"] == "name"
    refused = await agree(app, fields={"name": "Zoe", "email": "z@x.example"})
    assert problem_of(refused, 422, "invalid_field")["field"] == "email"
    assert (await agree(app, fields={"name": "Zoe"})).status_code == 201


@ON_SQLITE
async def test_another_origin_may_not_begin_a_chat(app: Served) -> None:
    before = await kept(app)
    path = f"/widget/{app.house.key}/sessions"
    for origin in ("https://evil.example", "null", "http://shop.example", f"{SHOP}:8443", f"{SHOP}.evil.example", ""):
        problem_of(await app.call("POST", path, YES, origin=origin), 403, "forbidden")
    assert await kept(app) == before


@ON_SQLITE
async def test_a_header_that_is_there_twice_is_neither_of_its_lines(app: Served) -> None:
    guest, path = await app.house.visit(), f"/widget/{app.house.key}"
    token, other = guest.bearer["authorization"], "Bearer x"
    for lines in ([SHOP, "https://evil.example"], ["https://evil.example", SHOP], [SHOP, SHOP]):
        two = [("origin", each) for each in lines]
        problem_of(await app.client.post(f"{path}/sessions", json=YES, headers=two), 403, "forbidden")
    for shown in ([token, other], [other, token], [token, token]):
        two = [("authorization", each) for each in shown]
        problem_of(await app.client.get(f"{path}/receipt", headers=two), 401, "unauthorized")


async def test_a_server_that_reads_the_first_line_alone_is_found_out(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "header", lambda request, name: request.headers.get(name))
    with pytest.raises(AssertionError):
        await test_a_header_that_is_there_twice_is_neither_of_its_lines(app)


async def test_the_frame_may_be_shown_by_the_sites_origins_alone(app: Served) -> None:
    await accounts.change_site(
        app.services, app.house.actor, app.house.site.id, origins=[SHOP, "https://b.example:8443"]
    )
    answer = await app.call("GET", f"/widget/{app.house.key}")
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    assert policy["frame-ancestors"] == f"{SHOP} https://b.example:8443"
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in answer.headers["content-security-policy"]


async def test_an_unknown_site_key_is_not_found(app: Served) -> None:
    for key in ("site_nobody", "x" * 500, "%00", "%C3%A9", "'"):
        for method, path in (("GET", "/config"), ("POST", "/sessions")):
            body = YES if method == "POST" else None
            problem_of(await app.call(method, f"/widget/{key}{path}", body), 404, "not_found")


@ON_SQLITE
async def test_who_meets_a_wrong_embed_reads_words_and_its_owner_learns_the_origin(app: Served) -> None:
    elsewhere = "https://www.shop.example"
    for key, origin, status, locale, words in (
        ("site_nobody", SHOP, 404, "en", "not set up for this address"),
        ("undefined", "", 404, "EL", "δεν έχει ρυθμιστεί"),
        (app.house.key, elsewhere, 403, "en", "not set up for this address"),
        (app.house.key, "null", 403, "en", "not set up for this address"),
        (app.house.key, '"><script>', 403, "en", "not set up for this address"),
    ):
        answer = await app.call("GET", f"/widget/{key}?locale={locale}&origin={quote(origin)}")
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert words in answer.text
        assert "main.js" not in answer.text
        assert "<script>" not in answer.text
        assert "frame-ancestors *" in answer.headers["content-security-policy"]
    await app.sign_in()
    page = (await app.call("GET", "/admin/site")).text
    assert f"A page at {elsewhere} was refused" in page
    assert page.count("was refused") == 1


def test_only_a_few_origins_are_remembered_and_nothing_but_origins() -> None:
    refused = RefusedOrigins()
    for number in range(50):
        refused.note("one", f"https://shop-{number}.example")
    for wrong in (
        "",
        "null",
        "https://shop.example/path?q",
        "javascript:x",
        "https://x@y.example",
        "https://" + "a" * 99,
    ):
        refused.note("one", wrong)
    refused.note("one", "https://shop-47.example")
    assert refused.origins("one", []) == [f"https://shop-{number}.example" for number in (47, 49, 48, 46, 45)]
    for number in range(2000):
        refused.note(f"{number}", "https://shop.example")
    assert refused.origins("one", []) == []


@ON_SQLITE
async def test_isolated_pages_may_show_the_frame_and_whatever_it_loads(app: Served) -> None:
    frame = await app.call("GET", f"/widget/{app.house.key}?origin={SHOP}")
    assert frame.headers["cross-origin-embedder-policy"] == "require-corp"
    parts = re.findall(r'(?:src|href)="(/[^"]+)"', frame.text)
    assert len(parts) >= 3
    assets = [f"/widget-assets/{path.name}" for path in folder("widget").glob("*.js")]
    for path in (f"/widget/{app.house.key}", "/widget.js", *parts, *assets):
        answer = await app.call("GET", path)
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin", path
    assert (await app.call("GET", "/signin")).headers["cross-origin-resource-policy"] == "same-origin"


async def test_asking_for_the_notice_stores_nothing_and_sets_no_cookie(app: Served) -> None:
    before = await kept(app)
    for path in ("", "/config", "/config?locale=el"):
        answer = await app.call("GET", f"/widget/{app.house.key}{path}", origin=SHOP)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
    assert "set-cookie" not in (await app.call("GET", "/widget.js")).headers
    assert "set-cookie" not in (await agree(app)).headers
    assert (await counted(app.services))["contact"] == before[0]["contact"] + 1


@ON_SQLITE
async def test_the_notice_comes_in_the_language_asked_for(app: Served) -> None:
    path = f"/widget/{app.house.key}/config"
    for asked, spoken, text in (
        *((f"?locale={tag}", "en", 1) for tag in ("el", "EL", "el-GR", "el_GR", "El_gr.UTF-8", "%20el", "ell", "gre")),
        *((f"?locale={tag}", "el", 0) for tag in ("en", "EN-us", "en_GB", "eng")),
        *((f"?locale={tag}", "el", 1) for tag in ("", "x", "posix", "elx", "-el", "fr", "%00", "1", "enx-EN")),
        ("", "en;q=0.1, el;q=0.9", 1),
        ("", "en;q=0.9, el;q=0", 0),
        ("", "el;q=0", 0),
        ("", "en;q=0, fr", 1),
        ("", "EL_gr ; Q=1.0 , en ; q = 0.5", 1),
        ("", "en;q=0.000, el;q=0.001", 1),
        ("", "en;q=x, el;q=0.5", 1),
        ("", ",;,;q=,*;q=0.5,el", 1),
        ("", "de, el;q=" + "9" * 400, 1),
        ("?locale=xx", "el,en", 1),
        ("", "fr;q=1, el;q=0.5", 1),
        ("?locale=en", "el", 0),
        ("", "", 0),
    ):
        answer = (await app.call("GET", path + asked, accept_language=spoken)).json()
        assert answer["notice"]["text"] == TEXTS[text].text, (asked, spoken)
        assert answer["purposes"] == answer["notice"]["purposes"]
        assert [each["required"] for each in answer["purposes"]] == [True, False]


@ON_SQLITE
async def test_no_box_is_ticked_beforehand(app: Served) -> None:
    config = (await app.call("GET", f"/widget/{app.house.key}/config")).json()
    assert all(set(purpose) == {"id", "required", "label"} for purpose in config["purposes"])


async def test_before_a_notice_is_published_there_is_no_chat(app: Served) -> None:
    other = await found(app.services, "Other", "owner@other.example")
    config = (await app.call("GET", f"/widget/{other.key}/config")).json()
    assert (config["notice"], config["purposes"]) == (None, [])
    assert problem_of(await agree(app, other.key), 409, "notice_outdated")["notice"] is None


def check(receipt: dict[str, Any]) -> None:
    """Verify a receipt as a stranger would, with nothing but what it says of itself. Raises InvalidSignature."""
    written = json.dumps(receipt["receipt"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(receipt["signature"]["public_key"]))
    key.verify(base64.b64decode(receipt["signature"]["value"]), written.encode())


async def test_a_receipt_says_what_was_agreed_to_and_proves_it(app: Served) -> None:
    begun = (await agree(app, locale="el", build="widget 7.3", consent={"chat": True, "spam_training": True})).json()
    receipt = begun["receipt"]
    check(receipt)
    document, text = receipt["receipt"], TEXTS[1]
    assert document["notice"]["text"] == text.text
    assert document["notice"]["version"] == 1
    assert document["notice"]["privacy_url"] == text.privacy_url
    assert [each["label"] for each in document["notice"]["purposes"]] == [text.chat_label, text.training_label]
    assert document["consent"] == {"chat": True, "spam_training": True}
    assert (document["locale"], document["widget_build"], document["action"]) == ("el", "widget 7.3", "given")
    assert document["at"].endswith("Z")
    assert document["contact_id"] == begun["contact_id"]
    assert document["signed_with"] == receipt["signature"]["public_key"] == app.services.signer.public_key
    shown = {name: document["notice"][name] for name in ("text", "privacy_url", "purposes")} | {"locale": "el"}
    hashed = json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert document["notice"]["sha256"] == hashlib.sha256(hashed).hexdigest()


@ON_SQLITE
@pytest.mark.parametrize("place", ["text", "at", "consent", "locale"])
async def test_a_tampered_receipt_does_not_verify(app: Served, place: str) -> None:
    receipt = (await agree(app)).json()["receipt"]
    check(receipt)
    document = receipt["receipt"]
    if place == "text":
        document["notice"]["text"] += " And sell it."
    elif place == "consent":
        document["consent"]["spam_training"] = True
    else:
        document[place] += "x"
    with pytest.raises(InvalidSignature):
        check(receipt)


async def test_a_purpose_that_is_not_true_is_a_no(app: Served) -> None:
    for value in ("true", 1, None, False):
        receipt = (await agree(app, consent={"chat": True, "spam_training": value})).json()["receipt"]
        assert receipt["receipt"]["consent"] == {"chat": True, "spam_training": False}


async def test_the_visitor_gets_receipt_and_transcript(app: Served) -> None:
    guest = await app.house.visit("Zoe")
    await guest.say("Where is my order?")
    path = f"/widget/{app.house.key}"
    receipt = await app.call("GET", f"{path}/receipt", **guest.bearer)
    assert receipt.json() == to_builtins(guest.begun.receipt)
    transcript = await app.call("GET", f"{path}/transcript", **guest.bearer)
    assert transcript.text.rstrip().endswith("Zoe: Where is my order?")
    assert transcript.headers["content-type"] == "text/plain; charset=utf-8"


ROUTES = [("GET", "/receipt"), ("GET", "/transcript"), ("POST", "/attachments"), ("DELETE", "/sessions")]


async def test_a_token_that_is_not_good_gives_nothing(app: Served) -> None:
    guest = await app.house.visit()
    other = await found(app.services, "Other", "owner@other.example")
    await other.publish()
    stranger = await other.visit()
    now, key = app.services.clock(), app.house.key
    tokens = {
        "none": "",
        "nonsense": "nonsense",
        "expired": app.services.tokens.visitor(guest.contact.uid, key, now - 91 * DAY),
        "forged": Tokens(derive(b"another server's secret", "tokens")).visitor(guest.contact.uid, key, now),
        "another account's": stranger.begun.token,
        "an agent's": app.house.made.api_token,
        "nobody's": app.services.tokens.visitor("019aaf2e-0000-7000-8000-000000000000", key, now),
    }
    before = await kept(app)
    for method, path in ROUTES:
        for token in tokens.values():
            answer = await app.call(method, f"/widget/{key}{path}", authorization=f"Bearer {token}")
            problem_of(answer, 401, "unauthorized")
        problem_of(await app.call(method, f"/widget/{key}{path}"), 401, "unauthorized")
        basic = await app.call(method, f"/widget/{key}{path}", authorization=f"Basic {guest.begun.token}")
        problem_of(basic, 401, "unauthorized")
    assert await kept(app) == before


async def test_a_new_notice_stops_everything_until_it_is_agreed_to(app: Served) -> None:
    guest = await app.house.visit()
    await app.house.publish()
    for path in ("/attachments", "/transcript"):
        problem_of(await app.call("POST", f"/widget/{app.house.key}{path}", **guest.bearer), 422, "consent_required")
    await consent.renew(app.services, guest.contact, 2, {"chat": True, "spam_training": False})
    answer = await app.call("POST", f"/widget/{app.house.key}/attachments", **guest.bearer)
    problem_of(answer, 422, "invalid_field")  # there is no file in it


async def test_who_has_not_agreed_to_a_new_notice_may_still_take_away_what_is_theirs(app: Served) -> None:
    guest = await app.house.visit("Zoe")
    await guest.say("Where is my order?")
    await app.house.publish()
    path = f"/widget/{app.house.key}"
    receipt = await app.call("GET", f"{path}/receipt", **guest.bearer)
    assert receipt.json() == to_builtins(guest.begun.receipt)
    transcript = await app.call("GET", f"{path}/transcript", **guest.bearer)
    assert transcript.text.rstrip().endswith("Zoe: Where is my order?")


async def test_who_has_withdrawn_gets_nothing_more(app: Served) -> None:
    guest = await app.house.visit()
    await guest.say("hello")
    path = f"/widget/{app.house.key}"
    assert (await app.call("DELETE", f"{path}/sessions", **guest.bearer)).status_code == 202
    for method, rest in ROUTES[:3]:
        answer = await app.call(method, f"{path}{rest}", **guest.bearer)
        assert (answer.status_code, answer.json()["code"]) in {(422, "consent_required"), (401, "unauthorized")}
    await erasure.sweep(app.services)
    for method, rest in ROUTES[:3]:
        problem_of(await app.call(method, f"{path}{rest}", **guest.bearer), 401, "unauthorized")


async def test_withdrawing_twice_is_withdrawing_once(app: Served) -> None:
    guest = await app.house.visit()
    path = f"/widget/{app.house.key}/sessions"
    first = (await app.call("DELETE", path, **guest.bearer)).json()
    assert (await app.call("DELETE", path, **guest.bearer)).json() == first
    await erasure.sweep(app.services)
    assert (await app.call("DELETE", path, **guest.bearer)).json() == first


@ON_SQLITE
async def test_too_many_agreements_from_one_network_must_wait(app: Served) -> None:
    for _ in range(40):
        problem_of(await agree(app, consent={}), 422, "consent_required")  # who declines is not counted
    for _ in range(30):
        assert (await agree(app)).status_code == 201
    answer = await agree(app)
    assert problem_of(answer, 429, "rate_limited")["retry_after"] > 0
    assert int(answer.headers["retry-after"]) > 0
    other = await found(app.services, "Other", "owner@other.example")
    await other.publish()
    assert (await agree(app, other.key)).status_code == 201  # another account counts its own


@ON_SQLITE
async def test_how_many_may_agree_from_one_network_is_the_accounts_to_say(app: Served) -> None:
    rate = dice("agreements").randint(2, 6)
    await app.rest("PATCH", "/account", {"agreement_rate": rate})
    assert [(await agree(app)).status_code for _ in range(rate + 1)] == [201] * rate + [429]
    await app.rest("PATCH", "/account", {"agreement_rate": rate + 2})  # what was refused counts too
    assert [(await agree(app)).status_code for _ in range(2)] == [201, 429]
    await app.rest("PATCH", "/account", {"agreement_rate": 0})
    assert {(await agree(app)).status_code for _ in range(40)} == {201}
    for wrong in (-1, 10_001, 2**63, 1.5, "30", None):
        problem_of(await app.rest("PATCH", "/account", {"agreement_rate": wrong}), 422, "invalid_field")
    assert (await app.rest("GET", "/account")).json()["agreement_rate"] == 0


@ON_SQLITE
async def test_only_files_for_browsers_are_served(app: Served) -> None:
    assert (await app.call("GET", "/widget-assets/main.js")).status_code == 200
    for path in (
        "__init__.py",
        "../chat/app.py",
        "%2e%2e/chat/app.py",
        "nothing.js",
        "",
        "locales",
        "..%2fpyproject.toml",
    ):
        problem_of(await app.call("GET", f"/widget-assets/{path}"), 404, "not_found")
        problem_of(await app.call("GET", f"/static/{path}"), 404, "not_found")


@ON_SQLITE
async def test_the_loader_and_the_assets_may_not_be_sniffed(app: Served) -> None:
    for path in ("/widget.js", "/widget-assets/main.js", f"/widget/{app.house.key}"):
        assert (await app.call("GET", path)).headers["x-content-type-options"] == "nosniff"


@ON_SQLITE
async def test_what_is_the_same_for_everybody_comes_compressed_and_what_holds_a_secret_does_not(app: Served) -> None:
    public = ("/widget.js", "/widget-assets/main.js", "/static/tokens.css", f"/widget/{app.house.key}/config")
    for path in public:
        assert (await app.call("GET", path, accept_encoding="gzip")).headers["content-encoding"] == "gzip", path
        assert "content-encoding" not in (await app.call("GET", path, accept_encoding="identity")).headers, path
    token = (await agree(app)).json()["token"]
    for path in ("receipt", "transcript"):
        answer = await app.call(
            "GET", f"/widget/{app.house.key}/{path}", authorization=f"Bearer {token}", accept_encoding="gzip"
        )
        assert answer.status_code == 200
        assert "content-encoding" not in answer.headers, path
