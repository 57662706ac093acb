"""The world of a canary walk: a server with all its stores, one browser with a profile on disk, and rare words."""

import base64
import json
import random
import shutil
import string
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import CompletedProcess
from uuid import UUID

import redis
from playwright.sync_api import BrowserContext, BrowserType, Error, Page
from sqlalchemy import func, select

from chat.account.actions import accounts
from chat.core.model import CustomField
from chat.core.settings import from_env
from chat.infra.services import Services
from chat.infra.store import engine, locations
from chat.team.actions import sessions
from tests import browser as chromium
from tests.commands import lethe as command
from tests.lethe import Account, Lethe
from tests.post import Post, taking
from tests.services import PostgreSQL, Valkey
from tests.test_backup_commands import environ
from tests.walks.shop import Shop
from tests.walks.test_webhooks import keeping

WORDS = (
    *("name", "email", "custom", "text", "answer", "file", "content", "note", "label", "unsent", "draft", "tag"),
    *("view", "other", "first", "second", "seen"),
)
Found = list[tuple[str, str]]


@dataclass
class Push:
    """A push service on loopback: where a device is woken, and all that it was told."""

    url: str
    heard: list[tuple[dict[str, str], bytes]]


@dataclass(frozen=True)
class World:
    """One walk's: `words` by what they stand for, `environ` what a command beside the server is given."""

    lethe: Lethe
    account: Account
    shop: Shop
    post: Post
    push: Push
    profile: Path
    backups: Path
    words: dict[str, str]
    environ: dict[str, str]
    cluster: PostgreSQL | None = None

    def run(self, *arguments: str) -> CompletedProcess[str]:
        """A command that must go well."""
        done = command(self.environ, *arguments)
        assert done.returncode == 0, done.stderr
        return done

    def sweep(self) -> None:
        """Does what is due: at once, and where there are several processes the server has no clock of its own."""
        self.run("worker", "--once")

    def found(self) -> Found:
        """Each word that is anywhere, and where: folders, databases, Redis with its dump, log, backups, profile."""
        if "LETHE_REDIS_URL" in self.environ:
            with redis.Redis.from_url(self.environ["LETHE_REDIS_URL"]) as client:
                client.save()
        more = [("--log", self.lethe.folder), ("--log", self.profile), ("--backup", self.backups)]
        given = [part for option, path in more if path.exists() for part in (option, str(path))]
        done = command(self.environ, "residue", "--json", *given, *self.words.values())
        assert done.returncode in {0, 1}, done.stderr
        said, names = json.loads(done.stdout), list(self.words)
        assert said["places"] > 100, "so many are the columns of tables alone"
        return sorted({(names[each["text"] - 1], each["place"]) for each in said["found"]})

    def rows(self) -> dict[str, int]:
        """How many rows each table about contacts holds; none are left out but the empty ones."""
        target = engine(from_env(self.environ).database_url, begin="BEGIN")
        with target.begin() as tx:
            counted = {each.name: tx.scalar(select(func.count()).select_from(each)) for each in locations.of_contacts()}
        target.dispose()
        return {name: count for name, count in counted.items() if count}

    def key(self) -> bytes:
        """The only contact's key, sealed, as the key store has it."""
        (contact,) = self.account.rest("GET", "/contacts")["items"]

        async def look(services: Services) -> list[bytes]:
            return [
                sealed for _, owner, sealed in services.keys._slots.all() if str(UUID(bytes=owner)) == contact["id"]
            ]

        (sealed,) = self.lethe.perform(look)
        return sealed

    def holding(self, raw: bytes) -> list[str]:
        """The names of the files that hold these bytes as they are, PostgreSQL's aside."""
        folders = [self.lethe.folder, self.backups, self.profile]
        files = [each for folder in folders for each in folder.rglob("*") if each.is_file() and not each.is_symlink()]
        return [each.name for each in files if raw in each.read_bytes()]

    @contextmanager
    def browser(self, kind: BrowserType) -> Iterator[BrowserContext]:
        """A browser whose profile is a folder of the walk's; closed as a person closes theirs."""
        context = kind.launch_persistent_context(
            self.profile,
            executable_path=chromium.need(),
            args=chromium.flags(),
            locale="en-GB",
            viewport={"width": 1440, "height": 900},
        )
        yield context
        context.close()

    def elsewhere(self) -> "World":
        """A place with nothing but the server's secret, keys and ledger."""
        data = self.lethe.folder / "elsewhere"
        data.mkdir(mode=0o700)
        shutil.copy(self.lethe.settings.data / "secret.key", data / "secret.key")
        more = {"LETHE_DATA": str(data)}
        if self.cluster is not None:  # keys and ledger are in a database of their own, which survives
            more["LETHE_DATABASE_URL"] = self.cluster.clone()
        else:
            shutil.copytree(self.lethe.settings.data / "keys", data / "keys")
        return replace(self, environ=self.environ | more)


def rare(dice: random.Random) -> str:
    """A word that nothing but a walk would write."""
    return "".join(dice.choices(string.ascii_lowercase, k=14))


@contextmanager
def world(kind: str, seed: int, folder: Path) -> Iterator[World]:
    """A server on SQLite alone, or on PostgreSQL with Redis and a database of keys; a shop, a mail server, words."""
    print(f"seed {seed}")
    dice = random.Random(seed)
    words = {name: rare(dice) for name in WORDS}
    words["email"] += "@mail.example"
    with ExitStack() as open_now:
        post, cluster = open_now.enter_context(taking()), None
        calls = open_now.enter_context(keeping())
        push = Push(f"http://127.0.0.1:{calls.server_port}/push/1", calls.kept)  # type: ignore[attr-defined] # its own
        settings = {"SMTP_URL": f"smtp://127.0.0.1:{post.port}/?from=chat@acme.example", "LOG_LEVEL": "DEBUG"}
        settings["OUTBOUND_ALLOW"] = "127.0.0.0/8"
        if kind == "postgresql":
            cluster = open_now.enter_context(PostgreSQL())  # of its own: every byte of it is read
            settings |= {"DATABASE_URL": cluster.clone(), "KEYS_URL": cluster.clone()}
            settings["REDIS_URL"] = open_now.enter_context(Valkey()).url
        shop = open_now.enter_context(Shop())
        server = Lethe(**settings)
        server.environment["LETHE_BASE_URL"] = server.origin
        lethe = open_now.enter_context(server)
        account = lethe.account(origin=shop.origin)
        _asks(account)
        folders = folder / "profile", folder / "backups"
        yield World(lethe, account, shop, post, push, *folders, words, environ(lethe), cluster)


def _asks(account: Account) -> None:
    """Lets the site ask for a name, an e-mail address and something of its own."""

    async def ask(services: Services) -> None:
        actor = await sessions.by_token(services, account.token)
        (site,) = await accounts.sites(services, actor)
        fields = {"name": "optional", "email": "optional", "phone": "off"}
        own = [CustomField(labels={"en": "Order number"}, required=True)]
        await accounts.change_site(services, actor, site.id, fields=fields, custom_fields=own)

    account.lethe.perform(ask)


SHOWN = """async words => {
    const kept = {html: document.documentElement.outerHTML, title: document.title, address: location.href}
    kept.fields = [...document.querySelectorAll("input, textarea, select")].map(field => field.value)
    kept.storage = [{...localStorage}, {...sessionStorage}, document.cookie, history.state]
    const [half, other] = [sessionStorage.getItem("lethe:drafts") ?? "", name.slice("lethe:".length)]
    const byte = (text, at) => parseInt(text.slice(at, at + 2), 16)
    const places = Array.from({length: half.length / 2}, (_, place) => 2 * place)
    kept.drafts = String.fromCharCode(...places.map(at => byte(half, at) ^ byte(other, at)))
    kept.databases = await indexedDB.databases()
    kept.caches = await caches.keys()
    const said = JSON.stringify(kept)
    return words.map((_, place) => place).filter(place => said.includes(atob(words[place])))
}"""
"""
The words come in a disguise, or looking for them would bring them into the page's memory. Drafts are put together of
both their halves (`static/drafts.js`).
"""


def on_screen(page: Page, words: dict[str, str]) -> list[str]:
    """Those words (by name) that a page shows in its elements, their attributes and fields, or keeps in a storage."""
    names, hidden = list(words), [base64.b64encode(word.encode()).decode() for word in words.values()]
    while True:
        page.wait_for_load_state()
        try:
            return sorted(names[place] for place in page.evaluate(SHOWN, hidden))
        except Error as error:  # a page that waits for something loads itself again when it is there
            if "navigation" not in str(error):
                raise


def in_window(page: Page, words: dict[str, str]) -> list[str]:
    """Those words that a page shows or keeps, or has in its memory: all strings of a heap snapshot."""
    shown, memory = on_screen(page, words), heap(page)
    return sorted({*shown, *(name for name, word in words.items() if word in memory)})


def heap(page: Page) -> str:
    """All that a page's scripts can still reach, as the browser's own profiler writes it."""
    session, chunks = page.context.new_cdp_session(page), list[str]()
    session.on("HeapProfiler.addHeapSnapshotChunk", lambda event: chunks.append(event["chunk"]))
    session.send("HeapProfiler.collectGarbage")
    session.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    session.detach()
    return "".join(chunks)
