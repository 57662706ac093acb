"""Invitations over REST."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.responses import Response

from chat.invitations.actions import inviting, views
from chat.invitations.actions.inviting import Invited
from chat.invitations.actions.views import InvitationView
from chat.web.answers import JSON
from chat.web.authentication import own_origin
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import Listed
from chat.web.requests import client_id


class NewInvitation(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to invite to which role. The same `id` (a UUID) again is the same invitation."""

    email: Annotated[str, Meta(max_length=254)]
    role: str
    id: str = ""


class MadeInvitation(InvitationView, frozen=True):
    """An invitation that was just sent, with its `link` where the server mails none: never shown again."""

    link: str | UnsetType = UNSET


@endpoint("GET /invitations", permission="agent.manage", audited=())
async def list_invitations(ask: Ask[None]) -> Listed[InvitationView]:
    """Return those that are not accepted, oldest first."""
    return Listed(await views.invitations(ask.services, ask.actor))


@endpoint("POST /invitations", permission="agent.manage", audited={"invitation.made"}, step_up=True, status=(201, 200))
async def post_invitation(ask: Ask[NewInvitation]) -> MadeInvitation | Response:
    """
    Invite somebody, for a week. Without a mail server the answer has the link, this once. Sent again with its `id`
    nobody is invited: the answer is 200 and the invitation as it is.
    """
    body, named = ask.body, client_id(ask.body.id)
    made = await inviting.invite(ask.services, inviting.inviter(ask.actor), body.email, body.role, named)
    return JSON(_made(ask, made), 200) if made.again else _made(ask, made)


@endpoint("GET /invitations/{id}", permission="agent.manage", audited=())
async def get_invitation(ask: Ask[None]) -> InvitationView:
    """Return one."""
    return await views.invitation(ask.services, ask.actor, ask.path["id"])


@endpoint("DELETE /invitations/{id}", permission="agent.manage", audited={"invitation.taken_back"}, status=204)
async def delete_invitation(ask: Ask[None]) -> None:
    """Take one back: its link opens nothing any more."""
    await inviting.take_back(ask.services, inviting.inviter(ask.actor), ask.path["id"])


@endpoint("POST /invitations/{id}/send", permission="agent.manage", audited={"invitation.sent_again"}, step_up=True)
async def send_invitation(ask: Ask[None]) -> MadeInvitation:
    """Send one again with a new link, for another week: the old link ends."""
    return _made(ask, await inviting.send_again(ask.services, inviting.inviter(ask.actor), ask.path["id"]))


def _made(ask: Ask[NewInvitation] | Ask[None], made: Invited) -> MadeInvitation:
    shown = {name: getattr(made.view, name) for name in InvitationView.__struct_fields__}
    return MadeInvitation(**shown, link=UNSET if made.path is None else f"{own_origin(ask.request)}{made.path}")
