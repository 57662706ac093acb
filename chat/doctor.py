"""`lethe check`: what is misconfigured, one line each with its mend. It looks, and makes or changes nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from chat.audit import store as audit
from chat.core.clock import now
from chat.core.errors import LetheError, Misconfigured
from chat.core.macs import Macs
from chat.core.settings import Settings
from chat.infra.keys.slots import open_slots
from chat.infra.mail import Mailer
from chat.infra.store import Store, backups, migrations
from chat.webhooks.store import endpoints as webhooks
from spam import Filter

STALE_HOURS = 48
PLAIN = "LETHE_BASE_URL is plain http and not of this machine; put a proxy with https before it, and name its address"
MARKS = {"ok": "ok  ", "mend": "MEND", "not set": "--  ", "not tested": "--  "}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `mend` says what to do about it, or why it was not tested."""

    what: str
    state: Literal["ok", "mend", "not set", "not tested"]
    mend: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing must be mended."""
        return self.state != "mend"

    def line(self) -> str:
        """As a person reads it."""
        said = [self.state] if self.state.startswith("not") else []
        rest = "; ".join([*said, *([self.mend] if self.mend else [])])
        return f"{MARKS[self.state]} {self.what}" + (f": {rest}" if rest else "")


class Untested(Exception):
    """It could not be looked at. The words say why."""


class Unset(Exception):
    """It is not used here. The words say what follows."""


def examine(settings: Settings, *, deploy: bool) -> list[Finding]:
    """Look at everything, with `deploy` also at what matters on the open internet."""
    found = [
        _tried("data folder", "can be written", lambda: _folder(settings.data)),
        _tried("database", "is at this schema", lambda: migrations.require_current(settings.database_url)),
        _tried("data keys", "can be used", lambda: _keys(settings)),
        _tried("Redis", "answers", lambda: _redis(settings)),
        _tried("spam filter", "loads", Filter.shipped),
        _tried("mail server", "takes mail", lambda: _mail(settings)),
        _tried("audit logs", "were whole when last checked", lambda: _audit(settings)),
        _tried("webhooks", "take what they are sent", lambda: _webhooks(settings)),
        _tried("disk", "has room above its floor", lambda: _room(settings)),
        _backed_up(settings, deploy=deploy),
    ]
    return [*found, *(_deployed(settings) if deploy else _plain(settings))]


def _tried(what: str, claim: str, look: Callable[[], object]) -> Finding:
    try:
        look()
    except Unset as why:
        return Finding(what, "not set", str(why))
    except Untested as why:
        return Finding(what, "not tested", str(why))
    except LetheError as error:
        return Finding(f"{what} {claim}", "mend", error.detail)
    return Finding(f"{what} {claim}", "ok")


def _folder(data: Path) -> None:
    if not data.exists():
        raise Untested(f"{data} is not there yet; lethe init makes it")
    if not (data.is_dir() and os.access(data, os.R_OK | os.W_OK | os.X_OK)):
        raise Misconfigured(f"{data} cannot be written; give this user the folder or set LETHE_DATA to another one")


def _keys(settings: Settings) -> None:
    _need_database(settings)
    url = settings.keys_url
    if url.startswith("file:") and not Path(unquote(urlsplit(url).path)).exists():
        raise Misconfigured("The key file is missing, and nothing opens without it; restore it or set LETHE_KEYS_URL")
    slots = open_slots(url)
    try:
        slots.look(1, bytes(16))  # whosever it is, it can be read
    finally:
        slots.close()


def _need_database(settings: Settings) -> None:
    """Raise Untested unless there is a database that can be asked."""
    try:
        migrations.require_current(settings.database_url)
    except LetheError:
        raise Untested("see the database") from None


def _redis(settings: Settings) -> None:
    if not settings.redis_url:
        raise Unset("this is one process")
    from chat.infra.bus.redis import RedisBus  # noqa: PLC0415 - Redis' client is loaded only where there is one

    async def ask() -> bool:
        bus = RedisBus(settings.redis_url, Macs(b""))
        answered = await bus.ready()
        await bus.stop()
        return answered

    if not asyncio.run(ask()):
        raise Misconfigured("LETHE_REDIS_URL names a Redis that does not answer; start it or unset LETHE_REDIS_URL")


def _mail(settings: Settings) -> None:
    if not settings.smtp_url:
        raise Unset("no mail is sent")
    Mailer(settings.smtp_url, settings.base_url).check()


def _room(settings: Settings) -> None:
    if not settings.data.exists():
        raise Untested("there is no data folder yet")
    if shutil.disk_usage(settings.data).free < settings.disk_floor * 2**20:
        raise Misconfigured(f"less than {settings.disk_floor} MB are free: make room, or lower LETHE_DISK_FLOOR")


def _audit(settings: Settings) -> None:
    _need_database(settings)
    store = Store(settings.database_url)
    try:
        broken = asyncio.run(store.read(audit.found_broken))
    finally:
        store.close()
    if broken:
        raise Misconfigured(f"lethe audit verify says where; broken for {', '.join(broken)}")


def _webhooks(settings: Settings) -> None:
    _need_database(settings)
    store = Store(settings.database_url)
    try:
        found = asyncio.run(store.read(webhooks.unwell))
    finally:
        store.close()
    if found is None:
        raise Unset("no program is told what happens")
    if found:
        raise Misconfigured(f"paused or failing, as /admin/webhooks says of each: {', '.join(found)}")


def _backed_up(settings: Settings, *, deploy: bool) -> Finding:
    """Return how old the last backup is. That there is none matters on the open internet only."""
    wanted: Literal["mend", "not set"] = "mend" if deploy else "not set"
    try:
        _need_database(settings)
    except Untested as why:
        return Finding("last backup", "mend" if deploy else "not tested", str(why))
    store = Store(settings.database_url)
    at = store.write_here(backups.get_status).backed_up_at
    store.close()
    if at is None:
        return Finding("no backup was made yet", wanted, "run lethe backup DIR each day")
    hours = max(0, now() - at) // 3_600_000
    what = f"last backup is {hours // 24} days and {hours % 24} hours old"
    late = hours >= STALE_HOURS
    return Finding(what, "mend" if late and deploy else "ok", "run lethe backup DIR each day" if late else "")


def _plain(settings: Settings) -> Iterator[Finding]:
    """What is said to an address of plain http stays on this machine, or everybody on the way reads it."""
    address = urlsplit(settings.base_url)
    if address.scheme == "http" and not _loopback(address.hostname or ""):
        yield Finding("passwords and messages travel in the clear", "mend", PLAIN)


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:  # it is a name (RFC 6761)
        return host == "localhost" or host.endswith(".localhost")


def _deployed(settings: Settings) -> Iterator[Finding]:
    def must(what: str, mend: str, *, so: bool) -> Finding:
        return Finding(what, "ok") if so else Finding(what, "mend", mend)

    secure = settings.base_url.startswith("https://")
    yield must("served over https", "set LETHE_BASE_URL to the https:// address that browsers use", so=secure)
    yield must("mail can be sent", "set LETHE_SMTP_URL, or visitors cannot have letters", so=bool(settings.smtp_url))
    mode = stat.S_IMODE(settings.data.stat().st_mode) if settings.data.exists() else 0o700
    yield must("data folder is private", f"chmod 700 {settings.data}", so=mode & 0o077 == 0)
    yield must("not run as root", "run Lethe as a user of its own", so=os.geteuid() != 0)
