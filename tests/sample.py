"""Sample chats for pictures, brought in through the same doors as anybody's."""

import time
import uuid

from tests.demo import Demo
from tests.visitor import Visitor

SPAM = "CHEAP FOLLOWERS!!! Claim your $5000 casino bonus now at http://win-big.example"
HOSTILE = "<b>Markup</b> & <script>alert(1)</script> stays text, \u202eand so does this\u202c."


def fill(demo: Demo) -> None:
    """Make the tickets: one long talk with a note, some short ones, one in quarantine."""
    first = _solved(demo)
    _pending(demo)
    for name, text, locale in (
        ("Rina", "Is the workshop open on Saturday?", "en"),
        ("", "Do you deliver to the islands?", "en"),
        ("Amal", "مرحبا، هل لديكم أصيص أزرق؟", "en"),
        ("Γιώργος Αντωνίου", "Καλησπέρα, μπορώ να αλλάξω τη διεύθυνση παράδοσης;", "el"),
    ):
        with Visitor(demo, name, locale=locale) as visitor:
            visitor.say(text)
    with Visitor(demo) as visitor:
        visitor.say(SPAM)
    _talk(demo)
    reply = {"title": "Opening hours", "text": "We are here from Monday to Friday,\nfrom 9 in the morning to 5."}
    demo.api("POST", "/canned-responses", reply | {"shortcut": "hours"})
    demo.api("POST", "/own-responses", reply | {"shortcut": "mine", "title": "My hours"})
    made = demo.api("POST", "/departments", {"name": "Returns", "retention": {"transcripts_days": 90}})
    demo.api("PATCH", f"/tickets/{first}", {"department": made["id"]})


GENUINE = (
    "Where is my parcel?",
    "Do you open on Sunday?",
    "The saucer is chipped, can I send it back?",
    "Is it frost-proof?",
)
PRIZES = (
    "WINNER!! You have been selected to receive a £900 prize. Call 09061701461 now to claim http://win.example",
    "URGENT! Your mobile number has won a £2000 bonus prize, call 09061790121 to claim now",
    "Congratulations, free entry to our weekly draw: text WIN to 80086 now and claim £500 cash",
)


def teach(demo: Demo, many: int = 6) -> str:
    """Let visitors who agree to it write, mark what they wrote, and retrain; the run's id once it is done."""
    for number in range(2 * many):
        spam = number >= many
        texts = PRIZES if spam else GENUINE
        with Visitor(demo, training=True) as visitor:
            ticket = visitor.say(f"{texts[number % len(texts)]} {number}")["ticket"]
        demo.api("PUT", f"/tickets/{ticket}/spam", {"spam": spam})
    run: str = demo.api("POST", "/spam/training-runs")["id"]
    while demo.api("GET", f"/spam/training-runs/{run}")["report"] is None:
        time.sleep(0.2)
    return run


def hold(demo: Demo, *names: str) -> None:
    """Let visitors write what the filter holds."""
    for number, name in enumerate(names):
        with Visitor(demo, name, training=True) as visitor:
            visitor.say(f"{PRIZES[number % len(PRIZES)]}, {name}")


def answer(demo: Demo, number: int, text: str, kind: str = "messages") -> None:
    """Write in a ticket as the owner: one of the `messages`, or of the `notes`."""
    demo.api("POST", f"/tickets/{number}/{kind}", {"id": str(uuid.uuid4()), "text": text})


def _solved(demo: Demo) -> int:
    with Visitor(demo, "Ines") as visitor:
        number: int = visitor.say("The saucer fits, thank you!")["ticket"]
    answer(demo, number, "Lovely to hear. Enjoy it!")
    demo.api("PATCH", f"/tickets/{number}", {"status": "solved", "assignee": "me"})
    return number


def _pending(demo: Demo) -> None:
    with Visitor(demo, "Tomas") as visitor:
        number = visitor.say("The invoice has the wrong name on it.")["ticket"]
    demo.api("PATCH", f"/tickets/{number}", {"status": "pending"})


def _talk(demo: Demo) -> None:
    with Visitor(demo, "Zoe Papadaki", email="zoe@demo.example") as visitor:
        number = visitor.say("Hello! I ordered the tall pot on Monday, order 2481.")["ticket"]
        visitor.say("Has it left yet?")
        answer(demo, number, "Good evening Zoe, let me look.")
        answer(
            demo,
            number,
            "It left this morning. You can follow it here: https://parcels.demo.example/2481?lang=en",
        )
        answer(demo, number, "The second parcel to Patras this month that took its time.", "notes")
        visitor.say("Lovely, thank you 🌿")
        visitor.say("One more thing: does the rim need any care in winter?\nIt will stand outside.")
    demo.api("PATCH", f"/tickets/{number}", {"assignee": "me"})
