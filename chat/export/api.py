"""What is held of a contact, handed over: to visitors by their token, to agents for them; as JSON or as an archive."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from msgspec import Struct
from starlette.responses import Response, StreamingResponse

from chat.core.clock import stamp
from chat.core.model import Contact
from chat.export.actions import exports
from chat.export.actions.document import ExportDocument
from chat.export.actions.exports import Archive
from chat.web.answers import JSON
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import LIMIT, UID_CURSOR, Listed
from chat.web.requests import choice, client_id

FORMAT = choice("format", "json", "zip", refusal="A format is json or zip")
# The answer comes from the origin of the agents' pages, and holds what strangers wrote: opened in a tab, nothing in it
# may run, load or read.
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
ZIP = "application/zip"


class NewExport(Struct, frozen=True, forbid_unknown_fields=True):
    """An archive to make. `id` is a UUID that the client makes."""

    id: str = ""


@endpoint(
    "GET /widget/{site_key}/export",
    audience="visitor",
    query=[FORMAT],
    status=(200, 202),
    answers={200: ExportDocument, 202: exports.ExportView},
    audited={"contact.exported"},
)
async def own_export(ask: Ask[None]) -> Response:
    """Return all that is held, as JSON. `?format=zip` gives it as an archive, 202 if large."""
    contact = await exports.of_visitor(ask.services, ask.visitor)
    return await whole(ask, contact, "visitor", "visitor")


@endpoint("GET /widget/{site_key}/exports", audience="visitor")
async def own_exports(ask: Ask[None]) -> Listed[exports.ExportView]:
    """Return the visitor's archives and how far each is."""
    contact = await exports.own(ask.services, ask.visitor)
    return Listed(await exports.mine(ask.services, contact))


@endpoint("POST /widget/{site_key}/exports", audience="visitor", status=202, audited={"contact.exported"})
async def ask_own_export(ask: Ask[None]) -> exports.ExportView:
    """Ask for an archive."""
    contact = await exports.of_visitor(ask.services, ask.visitor)
    return await exports.ask(ask.services, contact, "visitor", "visitor")


@endpoint("GET /widget/{site_key}/exports/{id}", audience="visitor", audited={"contact.exported"})
async def own_file(ask: Ask[None]) -> Response:
    """Return the archive."""
    contact = await exports.own(ask.services, ask.visitor)
    return handed(await exports.fetch(ask.services, contact, ask.path["id"]))


@endpoint(
    "GET /contacts/{id}/export",
    permission="contact.export",
    query=[FORMAT],
    status=(200, 202),
    answers={200: ExportDocument, 202: exports.ExportView},
    audited={"contact.exported"},
    changes=True,
    step_up=True,
)
async def get_export(ask: Ask[None]) -> Response:
    """
    Return all that is held, as JSON. `?format=zip` as an archive, 202 where it is large.

    It is entered as handed over, and a large one filed: with a session it needs the mark of our own pages, as a change.
    """
    contact, *merged = await exports.of_agent(ask.services, ask.actor, ask.path["id"])
    return await whole(ask, contact, exports.source(ask.actor), ask.actor.agent_id, merged)


@endpoint(
    "POST /contacts/{id}/exports",
    permission="contact.export",
    audited={"contact.exported"},
    status=(202, 200),
    step_up=True,
)
async def post_export(ask: Ask[NewExport | None]) -> exports.ExportView | Response:
    """
    Ask for an archive. A body may have an `id`: sent again with it none is made, and the answer is 200 and how it
    stands.
    """
    contact, *merged = await exports.of_agent(ask.services, ask.actor, ask.path["id"])
    source, named = exports.source(ask.actor), client_id(ask.body.id if ask.body else "")
    made, again = await exports.ask_once(ask.services, contact, source, ask.actor.agent_id, merged, named)
    return JSON(made, 200) if again else made


@endpoint("GET /exports", permission="export.list", query=[LIMIT, UID_CURSOR], audited=())
async def list_exports(ask: Ask[None]) -> Listed[exports.ExportView]:
    """Return the account's archives, newest first."""
    limit, before = ask.query(LIMIT), ask.query(UID_CURSOR)
    return Listed(*await exports.page(ask.services, ask.actor, before, limit))


@endpoint("GET /exports/{id}", permission="contact.export", audited=())
async def get_state(ask: Ask[None]) -> exports.ExportView:
    """Return how far it is."""
    return await exports.state(ask.services, ask.actor, ask.path["id"])


@endpoint("GET /exports/{id}/file", permission="contact.export", audited={"contact.exported"}, step_up=True)
async def get_file(ask: Ask[None]) -> Response:
    """Return the archive."""
    return handed(await exports.fetch_by_agent(ask.services, ask.actor, ask.path["id"]))


@endpoint("DELETE /exports/{id}", permission="export.delete", audited=(), status=204)
async def delete_export(ask: Ask[None]) -> None:
    """Delete it before it expires."""
    await exports.drop(ask.services, ask.actor, ask.path["id"])


async def whole(ask: Ask[None], contact: Contact, source: str, who: str, merged: Sequence[Contact] = ()) -> Response:
    """Answer with all that is held of a contact, as `?format=` says: json, or zip, which is only promised if large."""
    services, form = ask.services, ask.query(FORMAT)
    if form == "json":
        return await _streamed(
            await exports.document(services, contact, who, merged), "application/json", _name(services.clock(), form)
        )
    if not await exports.little(services, [contact, *merged]):
        return JSON(await exports.ask(services, contact, source, who, merged), 202)
    return await _streamed(await exports.archive(services, contact, who, merged), ZIP, _name(services.clock(), form))


async def _streamed(pieces: AsyncIterator[bytes], kind: str, name: str) -> Response:
    """Begin before the answer does: what cannot be made is refused and not cut off."""
    first = await anext(pieces)

    async def all_of_it() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return StreamingResponse(all_of_it(), headers=HEADERS | _saved(name), media_type=kind)


def handed(made: Archive) -> Response:
    """Answer with an archive that was made before."""
    headers = HEADERS | _saved(made.name) | {"content-length": str(made.size)}
    return StreamingResponse(made.pieces, headers=headers, media_type=ZIP)


def _name(at: int, form: str) -> str:
    """Return a file's name with nothing personal in it: it stands in histories and lists of downloads."""
    return f"export-{stamp(at)[:10]}.{form}"


def _saved(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}
