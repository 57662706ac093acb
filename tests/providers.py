"""
Identity providers on loopback: a real one in a process of its own, and one of ours that lies as a test says, which
signs with keys that are made once.
"""

import base64
import hashlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import Key, KeySet, RSAKey

from chat.core.networks import network
from chat.identity_providers.actions import asking
from chat.identity_providers.domain.refusals import WHY
from tests.inside import House, Served
from tests.receivers import LOOPBACK, Heard, receiver
from tests.services import Service

WORDS = Path(asking.__file__).parents[1] / "words.en.json"
CLIENT, SECRET = "lethe client", "s3cret & more"
YAN = {"sub": "yan-1", "email": "Yan@Acme.example", "name": "Yan P."}
LOCAL = (network("127.0.0.0/8"),)
"""Where the operator of a test lets other servers be called."""
Claims = dict[str, Any]


class Provider(Service):
    """`oidc-provider-mock` as a process: whoever is named at its form signs in as them."""

    def command(self) -> list[str]:
        """Its own command."""
        return [sys.executable, "-m", "oidc_provider_mock", "--port", str(self.port)]

    @property
    def issuer(self) -> str:
        """As it names itself."""
        return f"http://{LOOPBACK}:{self.port}"

    def alive(self) -> bool:
        """Whether it answers."""
        try:
            return httpx2.get(f"{self.issuer}{asking.WELL_KNOWN}", trust_env=False).status_code == 200
        except httpx2.TransportError:
            return False

    def knows(self, subject: str, **claims: Any) -> None:
        """Lets somebody sign in there."""
        answer = httpx2.put(f"{self.issuer}/users/{subject}", json=claims, trust_env=False)
        assert answer.status_code == 204, answer.text


@cache
def key(name: str = "one") -> RSAKey:
    """A key, the same for a name as long as the tests run."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


def changed(**claims: Any) -> Callable[[Claims], Claims]:
    """Claims with these changed; those that are None left out."""

    def made(said: Claims) -> Claims:
        return {name: value for name, value in (said | claims).items() if value is not None}

    return made


@dataclass
class Liar:
    """
    A provider that does as it should until a test says otherwise, by what it `says` of itself, which `keys` it shows,
    how it `signs`, which `claims` it makes, and what it `answers` at a path (bytes, or None for silence).
    """

    issuer: str
    keys: list[Key] = field(default_factory=lambda: [key()])
    says: Claims = field(default_factory=dict)
    claims: Callable[[Claims], Claims] = lambda claims: claims
    signs: Callable[[Claims], str] | None = None
    answers: dict[str, bytes | None] = field(default_factory=dict)
    person: Claims = field(default_factory=dict)
    asked: list[Heard] = field(default_factory=list)
    given: dict[str, Claims] = field(default_factory=dict)

    def answer(self, asked: Heard) -> bytes | None:
        """Answer one request."""
        self.asked.append(asked)
        path = asked.path.partition("?")[0]
        if path in self.answers:
            return self.answers[path]
        body = {asking.WELL_KNOWN: self._discovery, "/jwks": self._jwks, "/token": self._token}[path](asked)
        status = b"400 Bad Request" if body is None else b"200 OK"
        return http(json.dumps(body or {"error": "invalid_grant"}).encode(), status)

    def _discovery(self, _: Heard) -> Claims:
        said = {"authorization_endpoint": "/authorize?tenant=1", "token_endpoint": "/token", "jwks_uri": "/jwks"}
        return {"issuer": self.issuer} | {name: self.issuer + path for name, path in said.items()} | self.says

    def _jwks(self, _: Heard) -> Claims:
        return dict(KeySet(self.keys).as_dict())

    def _token(self, asked: Heard) -> Claims | None:
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        sent = self.given.pop(form.get("code", ""), None)  # good once
        if sent is None or not self._proven(form, sent):
            return None
        now = int(time.time())
        made = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": sent["nonce"]}
        made = self.claims(made | {"sub": "subject-1"} | self.person)
        signed = self.signs(made) if self.signs else sign(made)
        return {"access_token": "x", "token_type": "Bearer", "id_token": signed}

    def _proven(self, form: Claims, sent: Claims) -> bool:
        """Whether the code's verifier fits its challenge (RFC 7636, 4.6), and the address is the one it was for."""
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        fits = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode() == sent["code_challenge"]
        return fits and bool(form.get("redirect_uri") == sent["redirect_uri"])

    def authorize(self, url: str, code: str) -> Claims:
        """Let who was sent here sign in: `code` is good for what the address asked for."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.given[code] = asked
        return asked


def sign(claims: Claims, by: Key | None = None, alg: str = "RS256", **header: Any) -> str:
    """A token signed by a key, the usual one unless told."""
    used = by or key()
    return jwt.encode({"alg": alg, "kid": used.kid} | header, claims, used, algorithms=[alg])


def http(body: bytes, status: bytes = b"200 OK", more: bytes = b"") -> bytes:
    """An answer as it goes over the line."""
    return b"HTTP/1.1 %s\r\ncontent-length: %d\r\n%sconnection: close\r\n\r\n%s" % (status, len(body), more, body)


@pytest.fixture
async def liar(anyio_backend: str) -> AsyncIterator[Liar]:
    """A provider that lies when it is told to."""
    assert anyio_backend == "asyncio"
    async with lying() as made:
        yield made


@asynccontextmanager
async def lying() -> AsyncIterator[Liar]:
    """Serve one, which nobody remembers from before."""
    asking._known.clear()
    async with receiver() as served:
        liar = Liar(f"http://{LOOPBACK}:{served.port}")
        served.says = liar.answer
        yield liar


async def set_up(app: Served, issuer: str, house: House | None = None, **settings: Any) -> str:
    """The id of a provider that an owner sets up."""
    body = {"name": "Corp", "issuer": issuer, "client_id": CLIENT, "client_secret": SECRET, "domains": ["acme.example"]}
    answer = await app.rest("POST", "/identity-providers", body | settings, house)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def sent(app: Served, provider: str, path: str = "") -> str:
    """Where the browser is sent that wants to sign in."""
    answer = await app.client.get(path or f"/signin/provider/{provider}/go")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def sign_in(app: Served, liar: Liar, provider: str, person: Claims | None = None) -> httpx2.Response:
    """What comes of it when somebody signs in through a provider, in a browser that begins anew."""
    app.client.cookies.clear()
    if person is not None:
        liar.person = {"email_verified": True} | person
    asked = liar.authorize(await sent(app, provider), "code")
    return await back(app, provider, code="code", state=asked["state"])


async def back(app: Served, provider: str, **query: str) -> httpx2.Response:
    """What the browser gets that comes back so."""
    return await app.client.get(f"/signin/provider/{provider}/back", params=query)


def why(answer: httpx2.Response) -> str:
    """For which reason nobody was signed in."""
    assert answer.status_code == 401, (answer.status_code, answer.headers, answer.text)
    assert not any("session" in each for each in answer.headers.get_list("set-cookie"))
    (word,) = [word for word, said in WHY.items() if _words_of(word) in answer.text]
    return word


def _words_of(word: str) -> str:
    words = json.loads(WORDS.read_text())
    return str(words[f"provider.why.{word}"]).replace("'", "&#39;")


async def whom(app: Served) -> dict[str, Any]:
    """The profile of who is signed in."""
    answer = await app.client.get("/api/v1/agents/me")
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def entered(app: Served, action: str) -> list[dict[str, Any]]:
    """What the audit log has of an action, newest first."""
    items: list[dict[str, Any]] = (await app.rest("GET", f"/audit?action={action}")).json()["items"]
    return items
