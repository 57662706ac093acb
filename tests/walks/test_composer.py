"""What an agent writes with, by keyboard: saved replies, notes for colleagues, signs, drafts."""

import re
import uuid

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.test_inbox import DESKTOP, agreed, composer, entry, row

HELLO = "Hello {contact.first_name|there}, {agent.first_name} of {account.name}: {contact.size}?"


@pytest.fixture
def inbox(open_page: OpenPage, demo: Demo, owner: StorageState) -> Page:
    """The inbox on a wide screen, signed in as the owner."""
    return open_page(f"{demo.server}/inbox/open", storage_state=owner, **DESKTOP)


def test_a_saved_reply_is_found_by_its_name_and_goes_only_when_it_is_whole(inbox: Page, demo: Demo) -> None:
    texts = {"title": "Greeting", "text": HELLO, "translations": {"el": "Γεια σας {contact.name|φίλε μας}!"}}
    demo.api("POST", "/canned-responses", texts | {"shortcut": "hello"})
    demo.api(
        "POST", "/own-responses", {"title": "Σας ευχαριστώ", "text": "Thanks, {contact.name}.", "shortcut": "ευχαριστώ"}
    )
    with Visitor(demo, "Nora {agent.name}") as visitor, Visitor(demo, locale="el") as greek:
        visitor.say("Which size has the jug?")
        row(inbox, "size has the jug").click()
        expect(entry(inbox, "size has the jug")).to_be_visible()
        inbox.keyboard.press("r")
        inbox.keyboard.type("Good day. /")
        options = inbox.get_by_role("listbox", name="Saved replies").get_by_role("option")
        for name in ("/hello", "/ευχαριστώ"):
            expect(options.filter(has_text=name)).to_have_count(1)
        inbox.keyboard.type("ΕΥΧΑΡΙΣΤΩ")
        expect(options).to_have_count(1)
        inbox.keyboard.press("Escape")
        expect(options).to_have_count(0)
        composer(inbox).fill("")
        inbox.keyboard.type("/he")
        expect(options).to_have_count(1)
        expect(composer(inbox)).to_have_attribute("aria-activedescendant", options.first.get_attribute("id") or "?")
        inbox.keyboard.press("Enter")
        expect(composer(inbox)).to_have_value(re.compile(r"^Hello Nora, \S+ of .+: \{contact\.size\}\?$"))
        inbox.keyboard.press("End")
        inbox.keyboard.press("Enter")
        expect(inbox.locator("#composer-hint")).to_contain_text("Nothing is known for {contact.size}")
        inbox.reload()
        expect(composer(inbox)).to_have_value(re.compile(r"contact\.size"))
        composer(inbox).press("Enter")
        inbox.keyboard.type("the tall one")
        inbox.keyboard.press("Enter")
        heard = visitor.wait_for("message")
        assert re.fullmatch(r"Hello Nora, \S+ of .+: the tall one\?", heard["text"])

        greek.say("Τι ώρα κλείνετε;")
        row(inbox, "κλείνετε").click()
        expect(inbox.locator("contact-card")).to_contain_text("Greek")
        composer(inbox).press_sequentially("/hello")
        expect(options.first).to_contain_text("Γεια σας")
        composer(inbox).press("Tab")
        expect(composer(inbox)).to_have_value("Γεια σας φίλε μας!")


def test_notes_name_colleagues_signs_are_found_by_name_and_a_reply_solves(inbox: Page, demo: Demo) -> None:
    ben = demo.api("POST", "/agents", {"email": "benedikt@shop.example", "name": "Βενέδικτος Ψ", "role": "agent"})
    inbox.reload()
    with Visitor(demo, "Solvia") as visitor:
        number = visitor.say("May I paint the jug?")["ticket"]
        row(inbox, "paint the jug").click()
        expect(entry(inbox, "paint the jug")).to_be_visible()
        inbox.keyboard.press("n")
        inbox.keyboard.type("Ask @βενε")
        colleagues = inbox.get_by_role("listbox", name="Colleagues").get_by_role("option")
        expect(colleagues).to_have_text(["ΒΨΒενέδικτος Ψ"])
        inbox.keyboard.press("Enter")
        expect(composer(inbox)).to_have_value("Ask @Βενέδικτος Ψ ")
        demo.api("POST", f"/agents/{ben['id']}/deactivation", {})
        inbox.keyboard.press("Enter")
        expect(entry(inbox, "Ask @Βενέδικτος")).to_contain_text("deactivated or may not see this ticket")
        inbox.get_by_role("button", name="Discard").click()
        inbox.reload()
        expect(entry(inbox, "paint the jug")).to_be_visible()
        inbox.keyboard.press("n")
        inbox.keyboard.type("Ask @Βενέδικτος Ψ")
        inbox.keyboard.press("Enter")
        expect(inbox.locator("#composer-hint")).to_contain_text("is deactivated and would not hear of it")
        composer(inbox).fill("")
        inbox.keyboard.press("Escape")

        inbox.keyboard.press("r")
        inbox.keyboard.type("Of course ")
        opener = inbox.get_by_role("button", name="Insert an emoji")
        opener.press("Enter")
        picker = inbox.get_by_role("dialog", name="Emoji")
        inbox.keyboard.type("bulb")
        expect(picker.locator(".emoji")).to_have_text(["💡"])
        inbox.keyboard.press("ControlOrMeta+a")
        inbox.keyboard.press("Delete")
        inbox.keyboard.press("ArrowDown")
        inbox.keyboard.press("ArrowRight")
        expect(picker.locator(".emoji:focus")).to_have_attribute("aria-label", "grin happy")
        inbox.keyboard.press("Enter")
        expect(composer(inbox)).to_have_value("Of course 😀")
        expect(picker).to_be_hidden()
        inbox.keyboard.press("ControlOrMeta+Enter")
        assert visitor.wait_for("message")["text"] == "Of course 😀"
        expect(inbox.locator("toast-line")).to_contain_text(f"#{number} is solved")
        assert demo.api("GET", f"/tickets/{number}")["status"] == "solved"


def test_ones_own_last_message_is_changed_and_taken_back_for_both_sides(
    inbox: Page, open_page: OpenPage, demo: Demo
) -> None:
    shop = open_page(demo.shop, locale="en-GB")
    frame = agreed(shop)
    frame.locator("textarea").fill("Do you glaze it?")
    frame.locator("textarea").press("Enter")
    row(inbox, "glaze it").click()
    composer(inbox).fill("Yes, in bleu.")
    composer(inbox).press("Enter")
    expect(frame.get_by_text("Yes, in bleu.")).to_be_visible()
    expect(composer(inbox)).to_have_value("")
    expect(entry(inbox, "bleu").locator(".is-sending")).to_have_count(0)
    composer(inbox).press("ArrowUp")
    field = inbox.get_by_role("textbox", name="Change your message")
    expect(field).to_have_value("Yes, in bleu.")
    field.fill("Yes, in blue.")
    field.press("Enter")
    expect(frame.locator("message-line", has_text="Yes, in blue.")).to_contain_text("edited")
    expect(frame.get_by_text("bleu")).to_have_count(0)
    expect(entry(inbox, "in blue.")).to_contain_text("edited")
    inbox.reload()
    expect(entry(inbox, "in blue.")).to_contain_text("edited")
    entry(inbox, "in blue.").hover()
    entry(inbox, "in blue.").get_by_role("button", name="Change").click()
    inbox.get_by_role("button", name="Take it back").click()
    expect(frame.get_by_text("This message was removed.")).to_be_visible()
    expect(entry(inbox, "This message was removed.")).to_be_visible()


def test_a_contact_is_reported_and_blocked_in_one_step_and_let_in_again(inbox: Page, demo: Demo) -> None:
    with Visitor(demo, "Blockina") as visitor:
        number = visitor.say("Buy my followers, friend")["ticket"]
        row(inbox, "Buy my followers").click()
        inbox.locator("[data-action=more]").press("Enter")
        inbox.get_by_role("button", name="Spam, and block for 30 days").press("Enter")
        expect(inbox.locator("toast-line")).to_contain_text("Blockina is blocked until")
        expect(inbox.locator("contact-card .blocking")).to_contain_text("waits in quarantine")
        assert visitor.say("And my watches")["held"] is True
        inbox.get_by_role("button", name="End the block").press("Enter")
        expect(inbox.locator("contact-card .blocking")).to_contain_text("for some days")
        assert visitor.say("Is it over?")["held"] is False
        inbox.get_by_role("button", name="Block…").press("Enter")
        inbox.get_by_role("button", name="Block for 30 days").press("Enter")
        expect(inbox.locator("contact-card .blocking")).to_contain_text("waits in quarantine")
        assert demo.api("GET", f"/tickets/{number}")["held"] > 0


def test_tags_are_added_by_their_first_letters_and_on_paper_stands_the_ticket_alone(inbox: Page, demo: Demo) -> None:
    with Visitor(demo, "Tagina") as visitor:
        number = visitor.say("Is this tagged?")["ticket"]
        demo.api("POST", f"/tickets/{number}/notes", {"id": str(uuid.uuid4()), "text": "Between ourselves"})
        demo.api("PATCH", f"/tickets/{number}", {"tags": ["Ευγενικός", "late"]})
        row(inbox, "Is this tagged").click()
        tags = inbox.locator("ticket-tags .chip")
        expect(tags).to_have_text(["Ευγενικός", "late"])
        inbox.get_by_role("button", name="Remove the tag Ευγενικός").press("Enter")
        expect(tags).to_have_text(["late"])
        field = inbox.get_by_role("textbox", name="Add a tag")
        expect(field).to_be_focused()
        field.press_sequentially("vip")
        expect(inbox.get_by_role("option", name="New: vip")).to_be_visible()
        field.press("Enter")
        expect(tags).to_have_text(["late", "vip"])
        assert demo.api("GET", f"/tickets/{number}")["tags"] == ["late", "vip"]
        expect(entry(inbox, "Between ourselves")).to_be_visible()
        inbox.emulate_media(media="print")
        expect(entry(inbox, "Is this tagged")).to_be_visible()
        for hidden in (entry(inbox, "Between ourselves"), inbox.locator(".side"), composer(inbox)):
            expect(hidden).to_be_hidden()
