"""Room on the disk: what a person, an account and the server may take, and what is refused first where it ends."""

from __future__ import annotations

import shutil
from typing import Any

from chat.actions.desk import Desk
from chat.errors import StorageFull, Unavailable
from chat.model import Contact
from chat.settings import Settings
from chat.store.talk import uploads

MB = 2**20
LAST = 4
"""Messages are refused only under this part of the floor, uploads and exports under all of it."""


def free(settings: Settings) -> int:
    """Return how many bytes the disk of the data folder has free."""
    return shutil.disk_usage(settings.data).free


def has_room(desk: Desk, size: int = 0) -> None:
    """Raise StorageFull where the disk would come under its floor with `size` bytes more."""
    if free(desk.settings) - size < desk.settings.disk_floor * MB:
        raise StorageFull("The server's disk is nearly full; nothing was kept. Its operator must make room")


def takes_messages(settings: Settings) -> None:
    """Raise Unavailable where the database is on a disk that has hardly any room left."""
    if settings.database_url.startswith("sqlite") and free(settings) < settings.disk_floor * MB // LAST:
        raise Unavailable("The server's disk is full, and the message was not stored; send it again later")


def of_contact(desk: Desk, tx: Any, contact: Contact, size: int) -> None:
    """Raise StorageFull where a contact's files would be more than is kept of one person; 0 is no limit."""
    most = desk.settings.contact_quota * MB
    if most and uploads.bytes_of(tx, contact_id=contact.id) + size > most:
        raise StorageFull("No more files are kept of this person; delete some first")


def of_account(desk: Desk, tx: Any, contact: Contact) -> None:
    """Raise StorageFull where the account's files, or all accounts', are as many as may be."""
    account, server = desk.settings.account_quota * MB, desk.settings.server_quota * MB
    if account and uploads.bytes_of(tx, account_id=contact.account_id) >= account:
        raise StorageFull("This account keeps as many files as it may; delete some first")
    if server and uploads.bytes_of(tx) >= server:
        raise StorageFull("This server keeps as many files as it may; its operator must make room")
