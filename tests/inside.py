"""Real services, an account on it, and the application around it without a socket between; on both databases."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import httpx2
import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select
from starlette.routing import BaseRoute

from chat.account.actions import accounts
from chat.app import create_app, open_services
from chat.consent.actions import beginning, notices
from chat.consent.actions.beginning import Begun
from chat.consent.actions.consent import VisitorAgreement
from chat.contacts.store import contacts
from chat.core.model import Actor, Agent, Contact, Draft, NoticeText, Site
from chat.core.settings import Settings
from chat.erasure.actions.certificates import Certificate
from chat.erasure.actions.views import CertifiedErasure, ErasureState
from chat.features import FEATURES, Features
from chat.infra.metrics import Metrics
from chat.infra.services import Services
from chat.infra.store.columns import metadata
from chat.team import store as rows
from chat.team.actions import agents, passwords, sessions
from chat.tickets.actions.posting import Postbox
from chat.tickets.sockets.context import ChatContext

SHOP = "https://shop.example"
CHAT = "http://chat.test"
TEXTS = (
    NoticeText("en", "We keep what you write.", "https://shop.example/privacy", "I agree", "Train the filter"),
    NoticeText("el", "Κρατάμε όσα γράφετε.", "https://shop.example/el", "Συμφωνώ", "Εκπαίδευση"),
)
PASSWORD = "a password that is long"
CHEAP, DEAR = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), passwords._hasher


@dataclass
class House:
    """An account with its owner, first site, API token and, unless told, a notice in two languages."""

    services: Services
    made: accounts.Made
    actor: Actor
    site: Site
    box: Postbox

    @property
    def key(self) -> str:
        """The site's."""
        return self.made.site_key

    @property
    def bearer(self) -> dict[str, str]:
        """The header of a program that acts for the owner."""
        return {"authorization": f"Bearer {self.made.api_token}"}

    def acting(self, agent_id: str, role: str) -> Actor:
        """The actor that an agent of this role is, with the permissions of the role and no others."""
        may = self.services.gathered.permissions[role]
        return replace(self.actor, agent_id=agent_id, role=role, name="Yan", alias="Yan", permissions=may)

    async def publish(self, *texts: NoticeText) -> int:
        """The version of a new notice; unless told, it says something new."""
        number = await self.version()
        new = [replace(each, text=f"{each.text} ({number})") if number else each for each in TEXTS]
        return (await notices.publish(self.services, self.actor, list(texts or new))).notice.version

    async def version(self) -> int:
        """The version in force, 0 for none."""
        return (await accounts.account(self.services, self.actor)).notice_version or 0

    async def visit(
        self,
        name: str = "",
        email: str = "",
        *,
        training: bool = False,
        mailing: bool = False,
        locale: str = "en",
        **more: str,
    ) -> "Guest":
        """Somebody agrees to the notice in force."""
        choices = {"chat": True, "spam_training": training, "answers_by_mail": mailing}
        answers = {each: text for each, text in {"name": name, "email": email}.items() if text} | more
        asked = VisitorAgreement(await self.version(), choices, answers, locale, "widget 1.0")
        begun = await beginning.begin(self.services, await notices.site_and_notice(self.services, self.key), asked)
        return Guest(self, begun, await contact_of(self.services, begun.contact_id))


@dataclass
class Guest:
    """A contact who has agreed."""

    house: House
    begun: Begun
    contact: Contact

    @property
    def bearer(self) -> dict[str, str]:
        """The header of the visitor's own requests."""
        return {"authorization": f"Bearer {self.begun.token}"}

    def draft(self, text: str, cid: str = "", ticket: int | None = None) -> Draft:
        """A message, not sent yet."""
        contact = self.contact
        return Draft(
            contact_id=contact.id,
            contact_uid=contact.uid,
            key_slot=contact.key_slot,
            account_id=contact.account_id,
            site_id=contact.site_id,
            author="visitor",
            cid=uuid.UUID(cid or new_id()).bytes,
            text=text,
            at=self.house.services.clock(),
            ticket_id=ticket,
        )

    async def say(self, text: str, cid: str = "") -> Draft:
        """Send a message; raises its refusal."""
        return await self.house.box.post(self.draft(text, cid))


@dataclass
class Served:
    """The application as a client meets it; `doors` are what its routes share."""

    client: httpx2.AsyncClient
    context: ChatContext
    house: House
    paths: list[str] = field(default_factory=list)
    routes: list[BaseRoute] = field(default_factory=list)

    @property
    def services(self) -> Services:
        """The application's own."""
        return self.context.services

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Ask as nobody unless the headers say who; `_` in a header's name is `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, path, json=body, headers=named)

    async def rest(self, method: str, path: str, body: Any = None, house: House | None = None) -> httpx2.Response:
        """Ask `/api/v1` with the owner's token."""
        token = (house or self.house).bearer
        return await self.client.request(method, f"/api/v1{path}", json=body, headers=token)

    async def sign_in(self, email: str = "", password: str = PASSWORD) -> httpx2.Response:
        """Post the form as our own page does; the cookie stays in the client."""
        form = {"email": email or self.house.made.owner_email, "password": password}
        return await self.client.post("/signin", data=form, headers={"origin": CHAT})


@pytest.fixture
def anyio_backend() -> str:
    """The loop that serves Lethe."""
    return "asyncio"


@pytest.fixture
async def services(settings: Settings, anyio_backend: str) -> AsyncIterator[Services]:
    """Services on each database."""
    assert anyio_backend == "asyncio"
    async with open_services(settings) as opened:
        yield opened


@pytest.fixture
async def house(services: Services) -> House:
    """An account with a notice in force."""
    made = await found(services)
    await made.publish()
    return made


@pytest.fixture
async def app(settings: Settings, anyio_backend: str) -> AsyncIterator[Served]:
    """The application on each database, with an account and a notice."""
    assert anyio_backend == "asyncio"
    async with served(settings) as made:
        yield made


@asynccontextmanager
async def served(settings: Settings, features: Features = FEATURES) -> AsyncIterator[Served]:
    """Start the application as a server does, and stop it; it sweeps when a test does, and at no other time."""
    app = create_app(settings, features, sweeping=False)
    async with app.router.lifespan_context(app) as state:

        async def door(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "state": dict(state or {})}, receive, send)

        context: ChatContext = (state or {})["context"]
        transport = httpx2.ASGITransport(app=door, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url=CHAT) as client:
            house = await found(context.services, box=context.postbox)
            await house.publish()
            yield Served(client, context, house, routes=app.router.routes)


@dataclass
class Inner:
    """A socket of the application, without a wire between; `heard` are the frames it was told."""

    coming: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    going: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def __call__(self, kind: str, until: str, **fields: Any) -> Any:
        """Send a frame, if it has a kind, and wait for one of the kind `until`, an error or the end."""
        if kind:
            self.coming.put_nowait({"type": "websocket.receive", "text": json.dumps({"type": kind} | fields)})
        async with asyncio.timeout(60):
            while until:
                sent = await self.going.get()
                frame = json.loads(sent["text"]) if sent.get("text") else _plain(sent)
                self.heard.append(frame)
                if frame["type"] in {until, "error", "websocket.close"}:
                    return frame
        return None


def _plain(sent: Any) -> dict[str, Any]:
    """What is no frame: its type, and with which code the socket is closed where it is."""
    return {name: sent[name] for name in ("type", "code") if name in sent}


@asynccontextmanager
async def inner_socket(app: Served, path: str, headers: dict[str, str]) -> AsyncIterator[Inner]:
    """A socket at this path."""
    inner = app.client._transport.app  # type: ignore[attr-defined] # it is an ASGI transport
    made = Inner()
    named = [(name.encode(), value.encode()) for name, value in ({"host": "chat.test"} | headers).items()]
    scope = {"type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": named}
    scope |= {"subprotocols": ["lethe.v1"], "scheme": "ws", "client": ("127.0.0.1", 1), "server": ("chat.test", 80)}
    running = asyncio.create_task(inner(scope, made.coming.get, made.going.put))
    made.coming.put_nowait({"type": "websocket.connect"})
    try:
        yield made
    finally:
        made.coming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(60):
            await running


async def found(
    services: Services, name: str = "Acme", email: str = "owner@acme.example", box: Postbox | None = None
) -> House:
    """Make an account; no notice yet."""
    made = await accounts.init(services, name, email, PASSWORD, [SHOP], owner=name)
    actor = await sessions.by_token(services, made.api_token)
    site = (await accounts.sites(services, actor))[0]
    return House(services, made, actor, site, box or Postbox(services, Metrics()))


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> Iterator[None]:
    """
    Passwords that are set in this process cost little to hash and to check; `dear_passwords` cost what they do. Whether
    the one that nearly every owner has is easily guessed is looked at once.
    """
    real, passwords._hasher = passwords._hasher, CHEAP
    guessed = passwords._guessed
    once = cache(guessed)
    passwords._guessed = lambda password, own: (once if password == PASSWORD else guessed)(password, own)
    yield
    passwords._hasher, passwords._guessed = real, guessed


@pytest.fixture
def dear_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords cost what they cost outside of tests."""
    monkeypatch.setattr(passwords, "_hasher", DEAR)


async def colleague(services: Services, actor: Actor, email: str, name: str, role: str) -> tuple[Agent, str]:
    """Add an agent who need not change the password that was generated for them; return it too."""
    made, password = await agents.add_agent(services, actor, email, name, role)
    await services.store.write(lambda tx: rows.change(tx, made.id, password_due=False))
    return made, password


async def contact_of(services: Services, uid: str) -> Contact:
    """Return a contact as it is stored now."""
    return await services.store.read(lambda tx: contacts.by_uid(tx, uid))


def certified(state: ErasureState | CertifiedErasure) -> Certificate:
    """The certificate of an erasure that is done."""
    assert state.certificate is not None
    return state.certificate.certificate


async def counted(services: Services) -> dict[str, int]:
    """Return how many rows each table has."""

    def work(tx: Any) -> dict[str, int]:
        return {
            each.name: tx.execute(select(func.count()).select_from(each)).scalar_one()
            for each in metadata.sorted_tables
        }

    return await services.store.read(work)


def new_id() -> str:
    """A message's id as a browser makes one."""
    return str(uuid.uuid4())


def is_refused(answer: httpx2.Response, status: int, code: str) -> bool:
    """Whether it was refused so, or in SCIM's form, which has no place for a code."""
    if answer.status_code != status:
        return False
    return answer.headers["content-type"] == "application/scim+json" or answer.json()["code"] == code


def problem_of(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """The body of an error, which must be a problem as RFC 9457 writes it, or SCIM's form of one (RFC 7644, 3.12)."""
    assert answer.status_code == status, answer.text
    if answer.headers["content-type"] == "application/scim+json":
        said: dict[str, Any] = answer.json()
        assert said["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert said["status"] == str(status)  # which has no place for a code
        return said
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(answer.content)
    assert {"type", "title", "status", "detail", "code"} <= set(body)
    assert (body["status"], body["code"]) == (status, code)
    return body
