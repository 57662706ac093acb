"""Pictures of agents over HTTP: one's own is put and taken away, and whoever was told its id gets it."""

from __future__ import annotations

from starlette.responses import Response

from chat.attachments import api as uploads
from chat.portraits import actions
from chat.portraits.actions import OwnPortrait
from chat.web.endpoint import Ask, endpoint
from chat.web.files import ANYWHERE
from chat.web.requests import Multipart

CHANGED = {"profile.changed"}


@endpoint("PUT /agents/me/portrait", permission="profile.own", audited=CHANGED)
async def put_portrait(ask: Ask[Multipart]) -> OwnPortrait:
    """Make the part `file`, a PNG, JPEG or WebP, one's own picture: the middle of it, of 256 by 256 pixels at most."""
    uploads.declared(ask.request)
    await actions.admit(ask.services, ask.actor)
    async with ask.context.uploads["agent"].of(ask.actor.agent_id) as take:
        _, data = await uploads.file_of(ask.request, take)
        await ask.require_still()
        return await actions.put(ask.services, ask.actor, data)


@endpoint("DELETE /agents/me/portrait", permission="profile.own", audited=CHANGED, status=204)
async def delete_portrait(ask: Ask[None]) -> None:
    """Take one's own picture away."""
    await actions.remove(ask.services, ask.actor)


@endpoint("GET /portraits/{id}", audience="anybody")
async def get_portrait(ask: Ask[None]) -> Response:
    """Return a picture. A browser may keep it for a day: another picture has another id."""
    headers = {
        "cache-control": "private, max-age=86400",
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
        **ANYWHERE,
    }
    return Response(await actions.shown(ask.services, ask.path["id"]), headers=headers, media_type="image/webp")
