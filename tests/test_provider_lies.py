"""What a provider, or whoever stands in for it, may lie about: each lie is found, said in one line, and entered."""

# ruff: noqa: F811 - a fixture is named as what it gives

import base64
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import httpx2
import pytest
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import ECKey

from chat.core.settings import Settings, from_env
from chat.identity_providers.actions import asking, matching, signing_in
from chat.identity_providers.domain import id_tokens, people
from chat.infra.store import folder
from tests.factors import later
from tests.inside import Served
from tests.providers import (  # noqa: F401 - a fixture is among them
    CLIENT,
    LOCAL,
    YAN,
    Claims,
    Liar,
    back,
    changed,
    http,
    key,
    liar,
    sent,
    set_up,
    sign,
    sign_in,
    why,
)

pytestmark = pytest.mark.anyio
HOUR = 3600


@pytest.fixture
def settings(tmp_path: Path, migrated_data: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """On SQLite alone: what is asked here is not asked of the database. Nobody tries too often."""
    made = replace(from_env({"LETHE_DATA": str(tmp_path / "data")}), outbound_allow=LOCAL)
    folder.prepare_data(made)
    copytree(migrated_data, made.data, dirs_exist_ok=True)
    monkeypatch.setattr(signing_in, "TRIED", 1000)
    return made


def unsigned(claims: Claims, **header: str) -> str:
    """What a token says, in its own letters, with nothing behind."""
    parts = [json.dumps(each).encode() for each in (header, claims)]
    return ".".join(base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in parts)


def none(claims: Claims) -> str:
    """A token without a signature."""
    return unsigned(claims, alg="none", kid="one") + "."


def by_public_key(claims: Claims) -> str:
    """A token signed with HS256 and the public key as the secret."""
    said = unsigned(claims, alg="HS256", kid="one")
    mark = hmac.digest(key().as_pem(private=False), said.encode(), "sha256")
    return f"{said}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


def own_key(claims: Claims) -> str:
    """A token that brings its own key."""
    other = key("other")
    return sign(claims, other, kid="one", jwk=other.as_dict(private=False))


def bent(claims: Claims) -> str:
    """A token whose claims were changed after it was signed."""
    head, _, mark = sign(claims).split(".")
    return f"{head}.{sign(claims | {'sub': 'owner'}).split('.')[1]}.{mark}"


SIGNED: dict[str, Callable[[Claims], str]] = {
    "none": none,
    "HS256 by the public key": by_public_key,
    "a key of its own": own_key,
    "an unknown key": lambda claims: sign(claims, key("unknown")),
    "bent": bent,
    "no token": lambda _: "x",
}
CLAIMED: dict[str, tuple[Claims, str]] = {
    "another issuer": ({"iss": "https://evil.example"}, "issuer"),
    "no issuer": ({"iss": None}, "claims"),
    "another client": ({"aud": "another"}, "audience"),
    "another client acts": ({"aud": [CLIENT, "another"], "azp": "another"}, "audience"),
    "several, and no azp": ({"aud": [CLIENT, "another"]}, "claims"),
    "another nonce": ({"nonce": "x"}, "nonce"),
    "no nonce": ({"nonce": None}, "claims"),
    "expired an hour ago": ({"exp": -HOUR}, "time"),
    "no end": ({"exp": None}, "claims"),
    "endless": ({"exp": float("nan")}, "time"),
    "issued in an hour": ({"iat": HOUR, "exp": HOUR + 300}, "time"),
    "issued an hour ago": ({"iat": -HOUR}, "time"),
    "good in an hour": ({"nbf": HOUR}, "time"),
    "no subject": ({"sub": None}, "claims"),
    "an empty subject": ({"sub": ""}, "claims"),
    "not verified": ({"email_verified": False}, "unverified"),
    "verified, so to say": ({"email_verified": "true"}, "unverified"),
    "nothing of verified": ({"email_verified": None}, "unverified"),
    "no address": ({"email": None}, "unverified"),
    "two addresses": ({"email": ["yan@acme.example"]}, "unverified"),
    "another domain": ({"email": "yan@evil.example"}, "domain"),
    "a domain below": ({"email": "yan@x.acme.example"}, "domain"),
    "a domain like it": ({"email": "yan@acme.example.evil.example"}, "domain"),
    "two at signs": ({"email": '"yan@acme.example"@evil.example'}, "unverified"),
}


def at(claims: Claims) -> Claims:
    """Times that are said from now."""
    now = int(time.time())
    times = {name: now + claims[name] for name in ("exp", "iat", "nbf") if isinstance(claims.get(name), int)}
    return claims | times


async def test_a_token_that_is_not_as_it_must_be_signs_nobody_in(app: Served, liar: Liar) -> None:
    provider = await set_up(app, liar.issuer, creates=True)
    before = (await app.rest("GET", "/agents")).json()
    for name, signs in SIGNED.items():
        liar.signs = signs
        assert why(await sign_in(app, liar, provider, YAN)) == "signature", name
    liar.signs = None
    for name, (said, word) in CLAIMED.items():
        liar.claims = changed(**at(said))
        asking._known.clear()
        assert why(await sign_in(app, liar, provider, YAN)) == word, name
    assert (await app.rest("GET", "/agents")).json() == before
    liar.claims = changed(aud=[CLIENT, "another"], azp=CLIENT, **at({"nbf": 50, "iat": 50, "exp": -50 + 60}))
    assert (await sign_in(app, liar, provider, YAN)).status_code == 303


async def test_the_controls_without_a_check_each_lie_gets_in(
    app: Served, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = await set_up(app, liar.issuer, creates=True)

    async def gets_in(patch: Callable[[pytest.MonkeyPatch], None], person: Claims | None = None) -> bool:
        with monkeypatch.context() as patched:
            patch(patched)
            return (await sign_in(app, liar, provider, person or YAN)).status_code == 303

    liar.signs = own_key
    assert not await gets_in(lambda _: None)
    assert await gets_in(lambda m: m.setattr(jwt, "decode", unverified))
    liar.signs = None
    for claims in ({"iss": "https://evil.example"}, {"nonce": "x"}, {"aud": "another"}, {"exp": -HOUR}):
        liar.claims = changed(**at(claims))
        assert not await gets_in(lambda _: None), claims
        assert await gets_in(lambda m: m.setattr(CodeIDToken, "validate", lambda *_, **__: None)), claims
    liar.claims = changed(**at({"iat": -HOUR}))
    assert not await gets_in(lambda _: None)
    assert await gets_in(lambda m: m.setattr(id_tokens, "SKEW", 2 * HOUR))
    liar.claims = changed(email_verified=False)
    assert not await gets_in(lambda _: None)
    real = people.person_of
    assert await gets_in(
        lambda m: m.setattr(matching, "person_of", lambda said, *rest: real(said | {"email_verified": True}, *rest))
    )
    liar.claims = lambda claims: claims
    assert await gets_in(
        lambda m: m.setattr(people, "domain_of", lambda _: "acme.example"), {"sub": "e", "email": "eve@evil.example"}
    )


def unverified(token: str, *_: Any, **__: Any) -> jwt.Token:
    """A token taken at its word."""
    head, claims = (json.loads(base64.urlsafe_b64decode(f"{each}==")) for each in token.split(".")[:2])
    return jwt.Token(head, claims)


ANSWERS: dict[str, tuple[str, bytes | None, str]] = {
    "nobody knows it": (asking.WELL_KNOWN, http(b"", b"404 Not Found"), "metadata"),
    "it broke": (asking.WELL_KNOWN, http(b"", b"500 No"), "unreached"),
    "ten megabytes": (asking.WELL_KNOWN, http(b'{"x":"' + b"x" * (10 << 20) + b'"}'), "unreached"),
    "it leads on": (asking.WELL_KNOWN, http(b"", b"302 Found", b"location: http://127.0.0.1:1/\r\n"), "metadata"),
    "no JSON": (asking.WELL_KNOWN, http(b"<html>"), "metadata"),
    "deep JSON": (asking.WELL_KNOWN, http(b"[" * 30_000), "metadata"),
    "no HTTP": (asking.WELL_KNOWN, b"hello\r\n\r\n", "unreached"),
    "silence": (asking.WELL_KNOWN, None, "unreached"),
    "no key": ("/jwks", http(b'{"keys":[{"kty":"oct","k":"eA"},{"kty":"RSA"},1]}'), "signature"),
    "no key set": ("/jwks", http(b"[]"), "metadata"),
    "ten megabytes of keys": ("/jwks", http(b"x" * (10 << 20)), "unreached"),
    "no token": ("/token", http(b"{}"), "claims"),
    "the token broke": ("/token", http(b"", b"503 No"), "unreached"),
    "a long token": ("/token", http(b"x" * (10 << 20)), "unreached"),
}


async def test_a_provider_that_is_down_slow_endless_or_another_signs_nobody_in(
    app: Served, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "SECONDS", 0.3)
    provider = await set_up(app, liar.issuer, creates=True)

    async def tried() -> httpx2.Response:
        app.client.cookies.clear()
        asking._known.clear()
        liar.person = {"email_verified": True} | YAN
        gone = await app.client.get(f"/signin/provider/{provider}/go")
        if gone.status_code != 303:
            return gone
        return await back(app, provider, code="code", state=liar.authorize(gone.headers["location"], "code")["state"])

    for name, (path, answer, word) in ANSWERS.items():
        liar.answers = {path: answer}
        assert why(await tried()) == word, name
    liar.answers = {}
    for says, word in (
        ({"issuer": "https://evil.example"}, "issuer"),
        ({"issuer": liar.issuer + "/"}, "issuer"),
        ({"token_endpoint": "http://10.0.0.1/token"}, "metadata"),
        ({"jwks_uri": "file:///etc/passwd"}, "metadata"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "metadata"),
        ({"token_endpoint": None}, "metadata"),
    ):
        liar.says = says
        assert why(await tried()) == word, says
        tested = await app.rest("POST", f"/identity-providers/{provider}/test")
        assert (tested.status_code, tested.json()["why"]) == (422, word)
    # RFC 9207: a provider that says who it is in the answer's address says so each time, and truly.
    liar.says = {"authorization_response_iss_parameter_supported": True}
    assert why(await tried()) == "issuer"
    liar.says = {}
    asking._known.clear()
    asked = liar.authorize(await sent(app, provider), "code")
    assert why(await back(app, provider, code="code", state=asked["state"], iss="https://evil.example")) == "issuer"
    assert (await tried()).status_code == 303
    shown = (await app.rest("POST", f"/identity-providers/{provider}/test")).json()
    assert (shown["issuer"], shown["keys"]) == (liar.issuer, 1)


async def test_keys_that_were_changed_are_asked_for_and_not_over_and_over(
    app: Served, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = await set_up(app, liar.issuer, creates=True)

    def asked() -> int:
        return sum(each.path == "/jwks" for each in liar.asked)

    assert (await sign_in(app, liar, provider, YAN)).status_code == 303
    assert (await sign_in(app, liar, provider, YAN)).status_code == 303
    assert asked() == 1
    new = ECKey.generate_key("P-256", {"kid": "two"})
    liar.keys, liar.signs = [new], lambda claims: sign(claims, new, "ES256")
    assert why(await sign_in(app, liar, provider, YAN)) == "signature"  # asked for a moment ago
    assert asked() == 1
    liar.claims = changed(**at({"iat": 31, "exp": 300}))
    later(monkeypatch, app.services, asking.PAUSE + 1000)
    assert (await sign_in(app, liar, provider, YAN)).status_code == 303
    liar.signs = lambda claims: sign(claims, key("unknown"))
    assert [why(await sign_in(app, liar, provider, YAN)) for _ in range(3)] == ["signature"] * 3
    assert asked() == 2
