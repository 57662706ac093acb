"""`lethe check`: what is misconfigured, one line each with its mend."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chat.clock import now
from chat.errors import LetheError, Misconfigured
from chat.macs import Macs
from chat.mail import Mailer
from chat.settings import Settings
from chat.store import Store, folder, migrations
from chat.store.privacy import audit, backups
from chat.store.slots import open_slots
from spam import Filter

STALE_HOURS = 48


@dataclass(frozen=True)
class Finding:
    """Whether one thing is as it should be; `mend` says what to do where it is not."""

    what: str
    ok: bool
    mend: str = ""


def examine(settings: Settings, *, deploy: bool) -> list[Finding]:
    """Look at everything; with `deploy` also at what matters on the open internet."""
    found = [
        _tried("data folder can be written", lambda: folder.prepare_data(settings)),
        _tried("database is at this schema", lambda: migrations.require_current(settings.database_url)),
        _tried("data keys can be used", lambda: open_slots(settings.keys_url).close()),
        _tried("Redis answers", lambda: _redis(settings)),
        _tried("spam filter loads", Filter.shipped),
        _tried("mail server takes mail", lambda: _mail(settings)),
        _tried("audit logs were whole when last checked", lambda: _audit(settings)),
        _backed_up(settings, deploy=deploy),
    ]
    return [*found, *_deployed(settings)] if deploy else found


def _tried(what: str, look: Callable[[], object]) -> Finding:
    try:
        look()
    except LetheError as error:
        return Finding(what, ok=False, mend=error.detail)
    return Finding(what, ok=True)


def _redis(settings: Settings) -> None:
    if not settings.redis_url:
        return
    from chat.live.across import RedisLive  # noqa: PLC0415 - Redis' client is loaded only where there is one

    async def ask() -> bool:
        live = RedisLive(settings.redis_url, Macs(b""))
        answered = await live.ready()
        await live.stop()
        return answered

    if not asyncio.run(ask()):
        raise Misconfigured("LETHE_REDIS_URL names a Redis that does not answer; start it or unset LETHE_REDIS_URL")


def _mail(settings: Settings) -> None:
    if settings.smtp_url:
        Mailer(settings.smtp_url, settings.base_url).check()


def _audit(settings: Settings) -> None:
    migrations.require_current(settings.database_url)
    store = Store(settings.database_url)
    try:
        broken = asyncio.run(store.read(audit.found_broken))
    finally:
        store.close()
    if broken:
        raise Misconfigured(f"lethe audit verify says where; broken for {', '.join(broken)}")


def _backed_up(settings: Settings, *, deploy: bool) -> Finding:
    """How old the last backup is; that there is none to speak of matters on the open internet only."""
    try:
        migrations.require_current(settings.database_url)
    except LetheError:
        return Finding("last backup is not known", ok=not deploy, mend="see the database")
    store = Store(settings.database_url)
    at = store.write_here(backups.standing).backed_up_at
    store.close()
    if at is None:
        return Finding("no backup was made yet", not deploy, "run lethe backup DIR each day")
    hours = max(0, now() - at) // 3_600_000
    what = f"last backup is {hours // 24} days and {hours % 24} hours old"
    late = hours >= STALE_HOURS
    return Finding(what, not (late and deploy), "run lethe backup DIR each day" if late else "")


def _deployed(settings: Settings) -> Iterator[Finding]:
    secure = settings.base_url.startswith("https://")
    yield Finding(
        "served over https",
        secure,
        "" if secure else "set LETHE_BASE_URL to the https:// address that browsers use",
    )
    mail = bool(settings.smtp_url)
    yield Finding("mail can be sent", mail, "" if mail else "set LETHE_SMTP_URL, or visitors cannot have letters")
    mode = stat.S_IMODE(settings.data.stat().st_mode) if settings.data.exists() else 0o700
    closed = mode & 0o077 == 0
    yield Finding("data folder is private", closed, "" if closed else f"chmod 700 {settings.data}")
    user = os.geteuid() != 0
    yield Finding("not run as root", user, "" if user else "run Lethe as a user of its own")
