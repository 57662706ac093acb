"""Files that go with saved replies: putting them in, listing them, taking them out, copying one into a ticket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chat.account.actions import quotas
from chat.attachments.actions import attachments, looking, sealing
from chat.attachments.actions.attachments import FILE_MOST
from chat.attachments.actions.sealing import FileOwner
from chat.attachments.domain.looking import Looked
from chat.core import frames
from chat.core.crypt import Sealed, derive, seal, unseal
from chat.core.errors import NotFound, NotNow, Unauthorized
from chat.core.locations import DataLocation, Field
from chat.core.model import Actor, KeptFile
from chat.core.turns import Sender
from chat.infra.audit import audit
from chat.infra.gathered import DataSubject, ErasureStep
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.response_files import store
from chat.response_files.store import ResponseFile
from chat.team import store as team
from chat.tickets.actions import tickets

MOST = 10
"""As many as go with one message."""
log = structlog.get_logger("chat.files")
FILES = DataLocation(
    "response-files",
    "files",
    "agent",
    "the files of saved replies and their small images, sealed under keys of their own",
    "until taken out, and as long as the reply",
    (Field("content", "attachment", "to send what is sent often", "contract", sealed=True),),
    ("attachments/*/*",),
)


class Require(Protocol):
    """Asks after a reply in a transaction."""

    def __call__(self, tx: Tx, /, *, lock: bool) -> None:
        """Raise NotFound where the actor has no such reply, and lock it where that is asked."""


@dataclass(frozen=True)
class Reply:
    """A saved reply that files go with, which is the actor's `own` or the account's."""

    id: str
    own: bool
    require: Require


async def list_of(services: Services, actor: Actor, reply: Reply) -> list[frames.AttachmentOut]:
    """Return the files of a reply. One that does not open keeps nobody from the rest."""

    def work(tx: Tx) -> list[frames.AttachmentOut]:
        reply.require(tx, lock=False)
        owner = _owner(services, tx, actor, own=reply.own)
        return [each for each in map(_shown(owner), _of(tx, actor, reply)) if each is not None]

    return await services.store.read(work)


async def admit(services: Services, actor: Actor, reply: Reply) -> None:
    """Refuse a file before any of it is read. Raises NotFound, NotNow where there are enough, StorageFull."""

    def work(tx: Tx) -> None:
        reply.require(tx, lock=False)
        _require_room(_of(tx, actor, reply))

    await services.store.read(work)
    quotas.has_room(services, FILE_MOST)
    await quotas.takes(services, actor.account_id)


async def add(services: Services, actor: Actor, reply: Reply, name: str, data: bytes) -> frames.AttachmentOut:
    """
    Keep a file with a reply. Raises InvalidField for what is no file we take, NotFound, NotNow where there are enough,
    StorageFull, Unavailable.
    """
    looked = await looking.look(services, Sender(actor.account_id, actor.agent_id), data)
    owner = await services.store.read(lambda tx: _owner(services, tx, actor, own=reply.own))
    whose = actor.agent_id if reply.own else None

    def enter(tx: Tx, made: KeptFile) -> None:
        reply.require(tx, lock=True)  # deleted meanwhile, it takes no file; locked, no other one comes between
        _require_room(_of(tx, actor, reply))
        row = ResponseFile(**asdict(made), account_id=actor.account_id, agent_id=whose, response_id=reply.id)
        store.add(tx, row)
        _record(services, tx, actor, reply)

    return sealing.file_out(owner, await sealing.keep(services, owner, name, looked, enter))


async def remove(services: Services, actor: Actor, reply: Reply, file_id: str) -> None:
    """Take a file out of a reply. Raises NotFound."""

    def work(tx: Tx) -> list[ResponseFile]:
        reply.require(tx, lock=True)
        found = [each for each in _of(tx, actor, reply) if each.id == file_id]
        if not found:
            raise NotFound("No such file")
        store.drop(tx, actor.account_id, [file_id])
        _record(services, tx, actor, reply)
        return found

    await discard(services, await services.store.write(work))


def drop_all(tx: Tx, actor: Actor, response_id: str) -> list[ResponseFile]:
    """Delete the rows of a reply's files as it is deleted, and return them: their bytes are to be discarded then."""
    found = store.of_response(tx, actor.account_id, response_id)
    store.drop(tx, actor.account_id, [each.id for each in found])
    return found


async def discard(services: Services, gone: Sequence[ResponseFile]) -> None:
    """Remove the bytes of files whose rows are gone. Killed before, the sweep finds them."""
    for each in gone:
        await asyncio.to_thread(services.blobs.remove, each.agent_id or each.account_id, each.blob)


async def copy(
    services: Services, actor: Actor, number: int, file_id: str, require: Callable[[Tx, str], None]
) -> frames.AttachmentOut:
    """
    Copy a file of a reply into a ticket, sealed under its contact's key, for an answer to name. `require` raises
    NotFound where the actor may not use the account's reply with an id. Raises as `attachments.admit` and `keep`.
    """
    opened = await tickets.one(services, actor, number)
    await attachments.admit(services, opened.contact, "agent")

    def work(tx: Tx) -> tuple[FileOwner, ResponseFile]:
        file = store.one(tx, actor.account_id, file_id)
        if file.agent_id not in {None, actor.agent_id}:
            raise NotFound("No such file")
        if file.agent_id is None:
            require(tx, file.response_id)
        return _owner(services, tx, actor, own=file.agent_id is not None), file

    owner, file = await services.store.read(work)
    name, looked = await asyncio.to_thread(_read, services, owner, file)
    return await attachments.keep_looked(services, opened.contact, "agent", name, looked)


def _read(services: Services, owner: FileOwner, file: ResponseFile) -> tuple[str, Looked]:
    """Return a file's name, and what looking at it found when it came."""
    try:
        whole = sealing.open_file(services, owner, file)
        small = b"".join(sealing.open_file(services, owner, file, small=True).pieces) if file.preview else b""
        return whole.name, Looked(file.type, b"".join(whole.pieces), small, file.width, file.height)
    except Sealed:
        raise NotFound("This file is not there any more") from None


def _of(tx: Tx, actor: Actor, reply: Reply) -> list[ResponseFile]:
    whose = actor.agent_id if reply.own else None
    return [each for each in store.of_response(tx, actor.account_id, reply.id) if each.agent_id == whose]


def _record(services: Services, tx: Tx, actor: Actor, reply: Reply) -> None:
    action = "own_response.changed" if reply.own else "canned_response.changed"
    audit.record(services, tx, actor.account_id, actor.agent_id, action, reply.id)


def _require_room(there: Sequence[ResponseFile]) -> None:
    if len(there) >= MOST:
        raise NotNow(f"A reply carries at most {MOST} files; take one out first")


def _shown(owner: FileOwner) -> Callable[[ResponseFile], frames.AttachmentOut | None]:
    def shown(file: ResponseFile) -> frames.AttachmentOut | None:
        try:
            return sealing.file_out(owner, file)
        except NotFound:
            return None

    return shown


def _owner(services: Services, tx: Tx, actor: Actor, *, own: bool) -> FileOwner:
    """Return whose files those of a reply are: the agent's, of their own one, or the account's."""
    if not own:
        return _account(services, actor.account_id)
    row = team.active(tx, actor.agent_id)
    if row is None:
        raise Unauthorized("Sign in again")
    return sealing.under(services, row.account_id, row.key_slot, row.id)


def _account(services: Services, account_id: str) -> FileOwner:
    """Return an account as the owner of files. Its key is made of the server's secret: it outlives no person."""
    key = AESGCM(derive(services.index_key, f"files of {account_id}"))

    def sealed(context: str, text: str) -> bytes:
        return seal(key, text, f"{account_id}/{context}".encode())

    def opened(context: str, held: bytes | None) -> str | None:
        try:
            return None if held is None else unseal(key, held, f"{account_id}/{context}".encode())
        except Sealed:
            log.error("a field does not open", kind="response_file")  # noqa: TRY400 - where says nothing
            return None

    return FileOwner(account_id, account_id, sealed, opened)


async def _there(services: Services, whom: DataSubject) -> int:
    return await asyncio.to_thread(services.blobs.count, whom.uid)


async def _take(services: Services, whom: DataSubject) -> int:
    return await attachments.forget(services, whom.uid)


FILES_GO = ErasureStep(FILES, _there, _take)
