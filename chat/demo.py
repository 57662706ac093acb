"""`lethe demo`: everything in one process, with a sample account and a sample shop on another origin."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from chat.account.actions import accounts
from chat.app import create_app, open_services
from chat.consent.actions import notices
from chat.core import scopes
from chat.core.errors import Unauthorized
from chat.core.model import Actor, NoticeText
from chat.core.settings import Settings
from chat.infra.services import Services
from chat.infra.store import folder, migrations
from chat.serving import config, listen
from chat.team.actions import sessions
from chat.tokens import actions as tokens
from chat.tokens.actions import MadeToken, WantedToken
from chat.web.rendering import render

HOST = "127.0.0.1"
# Sites of their own, as in life: a browser keeps apart what it keeps for each, and takes *.localhost to be here.
SHOP, CHAT = "shop.localhost", "chat.localhost"
OWNER, OWNER_NAME = "owner@demo.example", "Anna"
NOTICES = [
    NoticeText(
        "en",
        "We use what you write here to answer you, and for nothing else. It is stored encrypted, our agents read it, "
        "and it is deleted when you ask. You can withdraw at any time in the menu. Once you agree, your browser keeps "
        "a key to the chat and a mark on this shop's pages, so that you learn of an answer; both go when you withdraw.",
        "https://demo.example/privacy",
        "I agree that my messages and the details above are stored so that my question can be answered.",
        "My messages may also be used to teach the spam filter.",
    ),
    NoticeText(
        "el",
        "Χρησιμοποιούμε όσα γράφετε εδώ για να σας απαντήσουμε και για τίποτε άλλο. Αποθηκεύονται "
        "κρυπτογραφημένα, τα διαβάζουν οι συνεργάτες μας και διαγράφονται όταν το ζητήσετε. "
        "Μπορείτε να ανακαλέσετε οποτεδήποτε από το μενού. Αφού συμφωνήσετε, το πρόγραμμα περιήγησης κρατά ένα κλειδί "
        "της συνομιλίας και ένα σημάδι στις σελίδες του καταστήματος, ώστε να μαθαίνετε για μια απάντηση· "
        "με την ανάκληση φεύγουν και τα δύο.",
        "https://demo.example/privacy",
        "Συμφωνώ να αποθηκευτούν τα μηνύματά μου και τα παραπάνω στοιχεία για να απαντηθεί η ερώτησή μου.",
        "Τα μηνύματά μου μπορούν να χρησιμοποιηθούν και για την εκπαίδευση του φίλτρου ανεπιθύμητων.",
    ),
]


def run(settings: Settings, port: int) -> int:
    """Set up what is missing, serve until Ctrl-C, keep the data."""
    if "LETHE_DATA" not in os.environ:
        data = Path("demo-data").absolute()
        database = f"sqlite:///{data / 'lethe.db'}" if settings.embedded else settings.database_url
        keys = f"file://{data / 'keys' / 'contacts.keys'}" if settings.embedded else settings.keys_url
        settings = dataclasses.replace(settings, data=data, database_url=database, keys_url=keys)
    folder.prepare_data(settings)
    if not settings.redis_url:
        folder.claim(settings)
    migrations.migrate(settings)
    asyncio.run(_serve(settings, port))
    print("Stopped. The data stays in", settings.data)
    return 0


async def _serve(settings: Settings, port: int) -> None:
    listening, shop_listening = listen(HOST, port), listen(HOST, port + 1 if port else 0)
    port, shop_port = (each.getsockname()[1] for each in (listening, shop_listening))
    shops = [f"http://{SHOP}:{shop_port}", f"http://{HOST}:{shop_port}"]
    kept = settings.data / "sign-in.json"
    known = json.loads(kept.read_text("utf-8")) if kept.exists() else None
    async with open_services(settings) as services:
        made = known or await _make_account(services, shops)
        owner = await sessions.acting(services, made["owner_email"])
        made = await _with_token(services, owner, made)
        await _place(services, owner, shops)
    # Made before it is written: the password in it is at no moment for others to read.
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(made), "utf-8")
    main = _Server(config(create_app(settings)))
    beside = _Server(config(_shop(port, made["site_key"])))

    def stop() -> None:
        for each in (main, beside):
            each.force_exit = each.should_exit  # who asks twice does not want to wait
            each.should_exit = True

    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop)
    print(_greeting(port, shop_port, made), flush=True)
    shopping = asyncio.create_task(beside.serve(sockets=[shop_listening]))
    await main.serve(sockets=[listening])
    beside.should_exit = True
    await shopping


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it beside another."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def _make_account(services: Services, shops: list[str]) -> dict[str, Any]:
    """Make the sample account with its notice."""
    made = dataclasses.asdict(await accounts.init(services, "Demo Shop", OWNER, None, shops, owner=OWNER_NAME))
    await notices.publish(services, await sessions.acting(services, OWNER), NOTICES)
    return made


async def _with_token(services: Services, owner: Actor, made: dict[str, Any]) -> dict[str, Any]:
    """Return what was made with an API token that is good: the first one is for a year."""
    try:
        await sessions.by_token(services, made["api_token"])
    except Unauthorized:
        again = await tokens.make(services, owner, WantedToken("demo", [scopes.ALL]), "command")
        return made | {"api_token": again.token} if isinstance(again, MadeToken) else made
    return made


async def _place(services: Services, actor: Actor, shops: list[str]) -> None:
    """Name the shop's origins, which change with the port."""
    site = (await accounts.sites(services, actor))[0]
    await accounts.change_site(services, actor, site.id, origins=shops, alternative="hello@demo.example")


def _shop(port: int, site_key: str) -> Starlette:
    """Return two pages that link to each other. A visitor who comes by the number finds the server by the number."""

    async def page(request: Request) -> Response:
        host = HOST if request.url.hostname == HOST else CHAT
        shop = {"server": f"http://{host}:{port}", "site_key": site_key, "path": request.url.path}
        return HTMLResponse(render("demo-shop.html", shop | {"locale": request.query_params.get("locale", "")}))

    return Starlette(routes=[Route("/", page), Route("/delivery", page)])


def _greeting(port: int, shop_port: int, made: dict[str, Any]) -> str:
    server = f"http://{CHAT}:{port}"
    return (
        f"\n  The shop with the widget  http://{SHOP}:{shop_port}/\n"
        f"  The inbox                 {server}/inbox\n"
        f"  The owner's pages         {server}/admin/site\n"
        f"  Sign in as                {made['owner_email']}\n"
        f"  with the password         {made['password']}\n"
        f"  An API token              {made['api_token']}\n"
        f"\n  Where a browser or a program does not find these names, {HOST} stands for both.\n"
        f"  Ctrl-C stops it; the data stays.\n"
    )
