"""What visitor, agent and clock do in a canary walk, so that rare words are wherever the product takes them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from playwright.sync_api import BrowserContext, FilePayload, Page, expect

from chat.agent_mail import actions as agent_mail
from chat.answer_mail import actions as answers
from chat.infra.services import Services
from chat.letters import actions as letters
from chat.push.actions import sending
from chat.waiting_mail import actions as waiting
from tests.lethe import NOTICE, Contact
from tests.walks.canary import World
from tests.walks.shop import Guest, until
from tests.walks.test_inbox import composer, entry, row
from tests.walks.test_push import SERVICE, SHOWN, wake

LATER = 11 * 60_000
"""Later (ms) than who waits, or left before an answer, is patient."""
ALL = {"waiting_minutes": 10, "answer_minutes": 10, "answer_text": True}
COLLEAGUE = "Ben"


@dataclass(frozen=True)
class Planted:
    """The visitor in the browser, who was taken for the same person, and the agent's page."""

    guest: Guest
    other: Contact
    inbox: Page


def planted(world: World, context: BrowserContext) -> Planted:
    """Let them do it, each in a page of the same browser."""
    inbox = _signed_in(world, context)
    guest = _begun(world, context.new_page())
    _called(world, inbox)
    _answered(world, inbox, guest)
    _kept(world, inbox)
    other = _merged(world)
    _mailed(world, guest)
    composer(inbox).press_sequentially("/dear")
    inbox.keyboard.press("Enter")
    inbox.keyboard.type(f" wait for {world.words['draft']}")
    guest.text.press_sequentially(world.words["unsent"])
    return Planted(guest, other, inbox)


def _signed_in(world: World, context: BrowserContext) -> Page:
    """An agent who has colleagues, wants to be mailed, and is called on this device; their profile."""
    account, origin = world.account, world.lethe.origin
    texts = [NOTICE | {"text": "We keep what you write.", "mail_label": "Mail me when an answer waits"}]
    account.version = int(account.rest("POST", "/notices", {"texts": texts})["version"])
    account.rest("PATCH", "/account", ALL)
    account.rest("POST", "/agents", {"email": "ben@acme.example", "name": COLLEAGUE, "role": "agent"})
    dear = {"shortcut": "dear", "title": "Address them", "text": "Dear {contact.name},"}
    account.rest("POST", "/canned-responses", dear)
    account.rest("PUT", "/ticket-fields", {"fields": [{"key": "about", "label": "About", "kind": "text"}]})
    context.grant_permissions(["notifications"], origin=origin)
    context.add_init_script(SERVICE.replace("ENDPOINT", f"'{world.push.url}'"))
    name, _, value = account.sign_in().partition("=")
    context.add_cookies([{"name": name, "value": value, "url": origin}])
    page = context.new_page()
    page.goto(f"{origin}/profile")
    page.get_by_label("Send me a mail when a chat").check()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_have_text("Saved.")
    page.get_by_role("button", name="Call me on this device").click()
    expect(page.locator("push-switch")).to_contain_text("until you sign out")
    return page


def _begun(world: World, page: Page) -> Guest:
    """The visitor agrees, with name, address and a field of the site's own; writes, and sends a file."""
    words = world.words
    page.goto(world.shop.embed(world.account))
    guest = Guest(page, world.account).open()
    for label, word in (("Name", "name"), ("E-mail", "email"), ("Order number", "custom")):
        guest.frame.get_by_label(label).fill(words[word])
    for purpose in ("spam_training", "answers_by_mail"):
        guest.frame.locator(f"#purpose-{purpose}").check()
    guest.agree().write(f"Where is my {words['text']}?")
    guest.sees(f"Where is my {words['text']}?")
    content = f"about {words['content']}\n".encode()
    file: FilePayload = {"name": f"{words['file']}.txt", "mimeType": "text/plain", "buffer": content}
    guest.frame.locator("chat-composer input[type=file]").set_input_files(file)
    expect(guest.frame.locator("file-tray .chip")).to_be_visible()
    guest.write(f"And do you have {words['label']}?")
    expect(guest.frame.locator("message-line .standing", has_text="Sent")).to_be_visible()
    return guest


def _later(world: World, *works: Callable[[Services], Awaitable[int]]) -> None:
    """What the clock does minutes on."""

    async def work(services: Services) -> None:
        for each in works:
            await each(replace(services, clock=lambda: services.clock() + LATER))

    world.lethe.perform(work)


def _called(world: World, page: Page) -> None:
    """The agent is called on the device, and mailed that somebody waits: numbers, and no word of anybody."""
    _later(world, sending.sweep, waiting.sweep, agent_mail.sweep)
    assert world.push.heard, "the device is woken"
    (worker,) = page.context.service_workers

    def shown() -> bool:
        wake(page.context, page, world.lethe.origin)  # which is lost where the worker is only starting
        return ["New chat: #1", "lethe-1"] in worker.evaluate(SHOWN)

    until(page, shown)
    (mail,) = (each.as_string() for each in world.post.mails if "/inbox/open/1" in each.get_content())
    said = [mail, *map(str, world.push.heard)]
    assert not [name for name, word in world.words.items() if any(word in each for each in said)]


def _answered(world: World, inbox: Page, guest: Guest) -> None:
    """The visitor closes the chat, is answered with a saved reply, and mailed that; the agent notes and marks."""
    words = world.words
    inbox.goto(f"{world.lethe.origin}/inbox")
    row(inbox, words["name"]).click()
    expect(entry(inbox, words["text"])).to_be_visible()
    guest.button.click()
    composer(inbox).press_sequentially("/dear")
    expect(inbox.get_by_role("listbox", name="Saved replies").get_by_role("option")).to_have_count(1)
    inbox.keyboard.press("Enter")
    expect(composer(inbox)).to_have_value(f"Dear {words['name']},")
    inbox.keyboard.type(f" it is at {words['answer']}.")
    inbox.keyboard.press("Enter")
    expect(entry(inbox, words["answer"])).to_be_visible()
    expect(entry(inbox, words["answer"]).locator(".is-sending")).to_have_count(0)
    _later(world, answers.sweep)
    assert world.post.mails[-1]["to"] == words["email"]
    assert words["answer"] in world.post.mails[-1].get_content()
    guest.button.click()
    inbox.keyboard.press("Escape")
    inbox.keyboard.press("n")
    inbox.keyboard.type(f"@{COLLEAGUE}")
    expect(inbox.get_by_role("listbox", name="Colleagues").get_by_role("option")).to_have_count(1)
    inbox.keyboard.press("Enter")
    inbox.keyboard.type(f"they called about {words['note']}")
    inbox.keyboard.press("Enter")
    expect(entry(inbox, words["note"])).to_be_visible()
    inbox.locator("[data-action=more]").click()
    inbox.locator("[data-action=spam]").click()
    expect(inbox.get_by_text("Undo")).to_be_visible()
    inbox.get_by_role("button", name="Undo").click()
    expect(inbox.locator("[data-action=spam]")).to_have_text("Spam")
    expect(entry(inbox, words["label"])).to_be_visible()
    inbox.get_by_label("About", exact=True).fill(words["note"])
    inbox.keyboard.press("Tab")
    expect(inbox.get_by_text("“About” is saved.")).to_be_visible()


def _kept(world: World, inbox: Page) -> None:
    """The agent tags the ticket, keeps a view of such tickets, looks for this and that, and comes back."""
    words = world.words
    field = inbox.get_by_role("textbox", name="Add a tag")
    field.press_sequentially(words["tag"])
    field.press("Enter")
    expect(inbox.locator("[data-view^=tag-]")).to_contain_text(words["tag"])
    inbox.get_by_role("button", name="Save a view…").press("Enter")
    inbox.keyboard.type(words["view"])
    inbox.get_by_label("Tag", exact=True).select_option(words["tag"])
    inbox.get_by_role("dialog").get_by_role("button", name="Save").press("Enter")
    expect(inbox.locator(".list-title")).to_have_text(words["view"])
    row(inbox, words["name"]).click()
    for name in ("name", "text", "note", "tag"):  # what is looked for, and what is found
        inbox.keyboard.press("Control+k")
        expect(inbox.locator("#palette-input")).to_be_focused()
        inbox.keyboard.type(words[name])
        expect(inbox.locator("dialog.palette mark", has_text=words[name])).not_to_have_count(0)
        inbox.keyboard.press("Escape")
    expect(entry(inbox, words["answer"])).to_be_visible()


def _merged(world: World) -> Contact:
    """Somebody whose two tickets become one, and who is taken for the same person."""
    account, words = world.account, world.words
    (guest,) = account.rest("GET", "/contacts")["items"]
    other = account.contact(words["other"], c1="1")
    with other.socket() as line:
        line.get("welcome")
        first = line.post(f"Once I asked for {words['first']}")["ticket"]
        account.rest("PATCH", f"/tickets/{first}", {"status": "solved"})
        line.ask("hello", "welcome", token=other.token, last_seq=0, fresh=True)
        second = line.post(f"Now I ask for {words['second']}")["ticket"]
    account.rest("POST", f"/tickets/{second}/merge", {"into": first})
    account.rest("POST", f"/contacts/{guest['id']}/merge", {"other": other.uid})
    return other


def _mailed(world: World, guest: Guest) -> None:
    """The transcript goes out by mail; a second one is put off by the mail server and waits in the outbox."""
    for answer in ("250 OK", "451 later"):
        world.post.answers.append("250 OK")
        guest.choose("Mail me the transcript")
        _posted(world, guest)
        guest.frame.locator(".back").click()
        world.post.answers.append(answer)
        path, _, secret = world.post.links()[-1].partition("/privacy/")[2].partition("#")
        own = {"origin": world.lethe.origin}
        opened = world.lethe.http.post(f"/privacy/{path}/opened", json={"link": secret}, headers=own)
        assert opened.json()["transcript"] is True
        _posted(world, guest)
    assert any(world.words["text"] in each.get_content() for each in world.post.mails)


def _posted(world: World, guest: Guest) -> None:
    """What waits is sent, until the mail server has given the answer that it was told."""

    def done() -> bool:
        world.lethe.perform(letters.sweep)
        return not world.post.answers

    guest.until(done)
