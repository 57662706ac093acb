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
from playwright.sync_api import BrowserContext, BrowserType, Error, FilePayload, Page, expect
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
from tests.walks.shop import Guest, Shop
from tests.walks.test_inbox import composer, entry, row

WORDS = ("name", "email", "custom", "text", "answer", "file", "content", "note", "label", "unsent")
Found = list[tuple[str, str]]


@dataclass(frozen=True)
class World:
    """One walk's: `words` by what they stand for, `environ` what a command beside the server is given."""

    lethe: Lethe
    account: Account
    shop: Shop
    post: Post
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
        more = [("--log", self.lethe.folder / "log"), ("--log", self.profile), ("--backup", self.backups)]
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
        settings = {"SMTP_URL": f"smtp://127.0.0.1:{post.port}/?from=chat@acme.example", "LOG_LEVEL": "DEBUG"}
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
        yield World(lethe, account, shop, post, *folders, words, environ(lethe), cluster)


def _asks(account: Account) -> None:
    """Lets the site ask for a name, an e-mail address and something of its own."""

    async def ask(services: Services) -> None:
        actor = await sessions.by_token(services, account.token)
        (site,) = await accounts.sites(services, actor)
        fields = {"name": "optional", "email": "optional", "phone": "off"}
        own = [CustomField(labels={"en": "Order number"}, required=True)]
        await accounts.change_site(services, actor, site.id, fields=fields, custom_fields=own)

    account.lethe.perform(ask)


def planted(world: World, context: BrowserContext) -> Guest:
    """All that a visitor and an agent do, each in a page of the same browser."""
    guest = _begun(world, context.new_page())
    world.account.rest("PUT", "/ticket-fields", {"fields": [{"key": "about", "label": "About", "kind": "text"}]})
    inbox = context.new_page()
    inbox.goto(f"{world.lethe.origin}/signin")
    inbox.fill("#email", world.account.email)
    inbox.fill("#password", world.account.password)
    inbox.press("#password", "Enter")
    _answered(world, inbox)
    _mailed(world, guest)
    guest.text.press_sequentially(world.words["unsent"])
    return guest


def _begun(world: World, page: Page) -> Guest:
    """The visitor agrees, with name, address and a field of the site's own; writes, and sends a file."""
    words = world.words
    page.goto(world.shop.embed(world.account))
    guest = Guest(page, world.account).open()
    for label, word in (("Name", "name"), ("E-mail", "email"), ("Order number", "custom")):
        guest.frame.get_by_label(label).fill(words[word])
    guest.frame.locator("#purpose-spam_training").check()
    guest.agree().write(f"Where is my {words['text']}?")
    guest.sees(f"Where is my {words['text']}?")
    content = f"about {words['content']}\n".encode()
    file: FilePayload = {"name": f"{words['file']}.txt", "mimeType": "text/plain", "buffer": content}
    guest.frame.locator("chat-composer input[type=file]").set_input_files(file)
    expect(guest.frame.locator("file-tray .chip")).to_be_visible()
    guest.write(f"And do you have {words['label']}?")
    expect(guest.frame.locator("message-line .standing", has_text="Sent")).to_be_visible()
    return guest


def _answered(world: World, inbox: Page) -> None:
    """The agent reads, answers, notes, and marks what the visitor wrote as spam, then as not."""
    words = world.words
    row(inbox, words["name"]).click()
    expect(entry(inbox, words["text"])).to_be_visible()
    composer(inbox).fill(f"It is at {words['answer']}.")
    composer(inbox).press("Enter")
    expect(entry(inbox, words["answer"])).to_be_visible()
    inbox.keyboard.press("Escape")
    inbox.keyboard.press("n")
    composer(inbox).fill(f"They called about {words['note']}")
    composer(inbox).press("Enter")
    expect(entry(inbox, words["note"])).to_be_visible()
    inbox.get_by_label("About", exact=True).fill(words["note"])
    inbox.keyboard.press("Tab")
    expect(inbox.get_by_text("“About” is saved.")).to_be_visible()
    inbox.locator("[data-action=more]").click()
    inbox.locator("[data-action=spam]").click()
    expect(inbox.get_by_text("Undo")).to_be_visible()
    inbox.get_by_role("button", name="Undo").click()
    expect(inbox.locator("[data-action=spam]")).to_have_text("Spam")
    expect(entry(inbox, words["label"])).to_be_visible()
    for name in ("name", "text", "note"):  # what is looked for, and what is found
        inbox.keyboard.press("Control+k")
        inbox.keyboard.type(words[name])
        expect(inbox.locator("dialog.palette mark", has_text=words[name])).not_to_have_count(0)
        inbox.keyboard.press("Escape")


def _mailed(world: World, guest: Guest) -> None:
    """The transcript goes out by mail; a second one is put off by the mail server and waits in the outbox."""
    world.sweep()  # of what signing in from a new device sent: it must take no answer that is meant for another
    for answer in ("250 OK", "451 later"):
        world.post.answers.append("250 OK")
        guest.choose("Mail me the transcript")
        guest.until(lambda: _delivered(world))
        guest.frame.locator(".back").click()
        world.post.answers.append(answer)
        path, _, secret = world.post.links()[-1].partition("/privacy/")[2].partition("#")
        own = {"origin": world.lethe.origin}
        opened = world.lethe.http.post(f"/privacy/{path}/opened", json={"link": secret}, headers=own)
        assert opened.json()["transcript"] is True
        guest.until(lambda: _delivered(world))
    assert any(world.words["text"] in each.get_content() for each in world.post.mails)


def _delivered(world: World) -> bool:
    world.sweep()
    return not world.post.answers


SHOWN = """async words => {
    const kept = {html: document.documentElement.outerHTML, title: document.title, address: location.href}
    kept.fields = [...document.querySelectorAll("input, textarea, select")].map(field => field.value)
    kept.storage = [{...localStorage}, {...sessionStorage}, document.cookie, history.state]
    kept.databases = await indexedDB.databases()
    kept.caches = await caches.keys()
    const said = JSON.stringify(kept)
    return words.map((_, place) => place).filter(place => said.includes(atob(words[place])))
}"""
"""The words come in a disguise, or looking for them would bring them into the page's memory."""


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
