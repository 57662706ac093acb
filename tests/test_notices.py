"""A notice that says nothing new is not published: it would only stop the chats that are running."""

from dataclasses import asdict, replace
from typing import Any

import pytest

from chat.consent.actions import notices
from tests.inside import TEXTS, Served, problem_of

pytestmark = pytest.mark.anyio
FIELDS = ("locale", "text", "privacy_url", "chat_label", "training_label")


def written(*texts: Any) -> dict[str, Any]:
    """The body that publishes texts."""
    return {"texts": [{name: asdict(each)[name] for name in FIELDS} for each in texts]}


async def test_the_same_notice_again_is_refused_and_stops_no_chat(app: Served) -> None:
    guest = await app.house.visit("Zoe")
    await guest.say("Hello")
    en, el = TEXTS
    for texts in ((en, el), (el, en)):
        problem_of(await app.rest("POST", "/notices", written(*texts)), 409, "not_now")
    assert await app.house.version() == 1
    await guest.say("Nobody asked me again")
    changed = [
        (replace(en, text="We keep it longer."), el),
        (en, replace(el, text="Τα κρατάμε περισσότερο.")),
        (replace(en, privacy_url="https://shop.example/new"), el),
        (replace(en, chat_label="I do agree"), el),
        (replace(en, training_label="Train it"), el),
        (en,),
        (en, el),
    ]
    for number, each in enumerate(changed, 2):
        answer = await app.rest("POST", "/notices", written(*each))
        assert (answer.status_code, answer.json()["version"]) == (201, number), "the control: each says something new"
        problem_of(await app.rest("POST", "/notices", written(*each)), 409, "not_now")


async def test_a_notice_that_is_published_unseen_is_found(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "_require_new", lambda *_: None)
    assert (await app.rest("POST", "/notices", written(*TEXTS))).status_code == 201
