"""The only place where the pieces meet: the services from the settings, the ASGI application around it."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache, partial
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from chat import worker
from chat.account.actions import accounts
from chat.core import clock
from chat.core.crypt import Signer, derive
from chat.core.errors import LetheError, NotFound, StepUpRequired, WrongMethod
from chat.core.macs import Macs
from chat.core.settings import Settings
from chat.core.tokens import Tokens
from chat.erasure.actions import views as erasures
from chat.factors.actions import step_up
from chat.features import FEATURES, Features, gathered, menu, sweeps
from chat.infra.blobs import Blobs
from chat.infra.bus import open_bus
from chat.infra.filters import Filters
from chat.infra.keys.following import follow_keys
from chat.infra.keys.keys import Keys
from chat.infra.keys.slots import open_slots
from chat.infra.ledger.ledger import open_ledger
from chat.infra.mail import Mailer
from chat.infra.metrics import Metrics
from chat.infra.outbound import Outbound
from chat.infra.services import Services
from chat.infra.store import Store, folder, migrations
from chat.routes import outgoing, programs, routes
from chat.team.actions import sessions
from chat.tickets.actions.posting import Postbox
from chat.tickets.sockets.context import ChatContext
from chat.web import pages, rendering
from chat.web.answers import SecurityHeaders, problem
from chat.web.feature import Refusal
from chat.web.openapi import openapi
from spam import Filter

log = structlog.get_logger("chat.app")
SWITCH = 0.0005
"""Seconds after which a thread hands the interpreter to one that waits for it."""


@asynccontextmanager
async def open_services(
    settings: Settings, features: Features = FEATURES, *, serves: bool = False, restoring: bool = False
) -> AsyncIterator[Services]:
    """
    Open everything the actions need, for the server where it `serves`, else for a command or worker beside it. Raises
    Misconfigured or Unavailable with one clear line, also where a restore has not finished, but for the one that is
    `restoring`.
    """
    folder.prepare_data(settings)
    migrations.require_current(settings.database_url, restoring=restoring)
    secret = folder.server_secret(settings)
    keys, ledger = Keys(open_slots(settings.keys_url), secret), open_ledger(settings.keys_url, secret)
    macs = Macs(secret)
    store, bus = Store(settings.database_url, macs), open_bus(settings.redis_url, settings.data, macs, serves=serves)
    known = gathered(features)
    async with AsyncExitStack() as stack:
        stack.callback(keys.close)
        stack.callback(ledger.close)
        stack.callback(store.close)
        await bus.start()
        stack.push_async_callback(bus.stop)
        services = Services(
            settings=settings,
            store=store,
            keys=keys,
            ledger=ledger,
            bus=bus,
            blobs=Blobs(settings.data / "attachments"),
            archives=Blobs(settings.data / "exports"),
            mailer=Mailer(settings.smtp_url, settings.base_url),
            outbound=Outbound(settings.outbound_allow),
            filters=Filters(Filter.shipped(), secret, settings.data / "filters"),
            tokens=Tokens(derive(secret, "tokens")),
            signer=Signer(secret),
            macs=macs,
            index_key=derive(secret, "index"),
            clock=clock.now,
            gathered=known,
            render=partial(rendering.stream, folders=known.locales.folders),
        )
        follow_keys(bus, keys)
        for each in features:
            for follow in each.follows:
                await stack.enter_async_context(follow(services))
        yield services


def create_app(
    settings: Settings, features: Features = FEATURES, *, sweeping: bool | None = None, alone: bool = False
) -> Starlette:
    """
    Return the application. The worker's sweeps run inside it if `sweeping`. Without that said, they do in the embedded
    form. It is `alone` where the process does nothing else, and ends with it.
    """
    sweeping = settings.embedded if sweeping is None else sweeping

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with open_services(settings, features, serves=True) as services:
            metrics = Metrics()
            postbox = Postbox(services, metrics)
            context = ChatContext(
                services,
                metrics,
                sessions,
                accounts,
                step_up,
                menu(features),
                cache(partial(openapi, programs(features), outgoing(features))),
                postbox=postbox,
                erasures=erasures,
            )
            sweeping_on = asyncio.create_task(worker.run(services, sweeps(features))) if sweeping else None
            if alone:
                # What there is by now lasts as long as the process. The collector went through it while much was read,
                # which kept everybody waiting for 0.2 s at a time (`gc.freeze` in Python's library reference).
                gc.collect()
                gc.freeze()
                # Who opens thousands of texts in a thread hands the interpreter on sooner than by default (5 ms).
                sys.setswitchinterval(SWITCH)
            log.info("started", embedded=sweeping)
            try:
                yield {"context": context}
            finally:
                await context.stop()
                if sweeping_on is not None:
                    sweeping_on.cancel()
                    await asyncio.gather(sweeping_on, return_exceptions=True)
                log.info("stopped")

    app = Starlette(
        routes=routes(features),
        lifespan=lifespan,
        exception_handlers={
            LetheError: _refused,
            HTTPException: _not_routed,
            ClientDisconnect: _left,
            Exception: _broken,
        },
    )
    app.state.refusals = {path: refusal for each in features for path, refusal in each.refuses.items()}
    app.add_middleware(SecurityHeaders)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    refusal = error if isinstance(error, LetheError) else LetheError()
    request.state.context.metrics.turned_away.labels(refusal.code).inc()
    log.info("refused", code=refusal.code, status=refusal.status)
    return _answer(request, refusal)


async def _left(_: Request, __: Exception) -> Response:
    """Who asked has gone before all of it had come: there is nobody to tell, and nothing to note."""
    return Response(status_code=400)


async def _not_routed(request: Request, error: Exception) -> Response:
    """Answer for the router: nothing at this address, or not with this verb."""
    if isinstance(error, HTTPException) and error.status_code == WrongMethod.status:
        answer = _answer(request, WrongMethod("This address takes another verb"))
        answer.headers["allow"] = (error.headers or {}).get("Allow", "GET")
        return answer
    return _answer(request, NotFound("There is nothing at this address"))


async def _broken(request: Request, _: Exception) -> Response:
    return _answer(request, LetheError("Something went wrong here; it was noted"))


def _answer(request: Request, error: LetheError) -> Response:
    """Answer a person with a page, a program with problem+json or as a feature says it below a path of its own."""
    refusals: Mapping[str, Refusal] = request.app.state.refusals
    for path, refusal in refusals.items():
        if request.scope["path"].startswith(f"{path}/"):
            return refusal(error)
    of_programs = request.scope["path"].startswith(("/api/", "/widget/"))
    # A link to a file leads there too: who follows it is asked first, and then gets it.
    leads_on = isinstance(error, StepUpRequired) and request.method == "GET"
    wants_page = "text/html" in request.headers.get("accept", "") and (leads_on or not of_programs)
    return pages.error_page(request, error) if wants_page else problem(error)
