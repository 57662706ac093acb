"""A text is read, counted and taken once, whether a wire offers it or it comes by way of ASGI, and in its order."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from chat.core import frames
from chat.core.errors import RateLimited
from chat.core.gate import Allowance
from chat.tickets.sockets.visitor import VisitorSocket
from chat.web.sockets.connection import Connection, Rest
from tests.inside import Served, new_id

pytestmark = pytest.mark.anyio
END, TYPING, PING = '{"type":"end"}', '{"type":"typing","on":true}', '{"type":"ping"}'


class Ear(Connection[frames.VisitorFrame]):
    """Takes `typing` at once and waits a moment with all else. Notes what it read and what it did, in order."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.read: list[str] = []
        self.done: list[str] = []
        self.sent: list[Any] = []
        super().__init__({"subprotocols": []}, self.events.get, self._keep_sent, self._noted)
        self.allowance = Allowance(60, 100)

    async def _keep_sent(self, event: MutableMapping[str, Any]) -> None:
        self.sent.append(event)

    def _noted(self, text: str) -> frames.VisitorFrame:
        self.read.append(text)
        return frames.visitor_frame(text)

    def take(self, frame: frames.VisitorFrame) -> Rest | None:
        """Note it."""
        if isinstance(frame, frames.Typing):
            self.done.append("typing")
            return None
        return self._later

    async def _later(self) -> None:
        await asyncio.sleep(0.01)
        self.done.append("later")

    def arrive(self, text: str) -> None:
        """A text comes as uvicorn has it: offered first, and by ASGI where it is not taken or others wait there."""
        if not (self.events.empty() and self._offered(text)):
            self.events.put_nowait({"type": "websocket.receive", "text": text})

    @property
    def spent(self) -> int:
        """How many frames were counted."""
        return 100 - round(self.allowance._left)


async def served(ear: Ear, *texts: str, wire: bool) -> None:
    """Serve some texts and hang up."""
    ear.events.put_nowait({"type": "websocket.connect"})
    serving = asyncio.create_task(ear.run())
    await asyncio.sleep(0)
    for text in texts:
        if wire:
            ear.arrive(text)
        else:
            ear.events.put_nowait({"type": "websocket.receive", "text": text})
    while ear._taking or ear._writing or not ear.events.empty():  # noqa: ASYNC110 - it says to nobody that it is idle
        await asyncio.sleep(0)
    ear.events.put_nowait({"type": "websocket.disconnect"})
    await serving


@pytest.mark.parametrize("wire", [True, False])
@pytest.mark.parametrize("texts", [(TYPING, END, TYPING, PING), (END, END, TYPING), (TYPING, "{", PING, END)])
async def test_a_text_is_read_and_counted_once_on_either_way(texts: tuple[str, ...], *, wire: bool) -> None:
    ear = Ear()
    await served(ear, *texts, wire=wire)
    assert ear.read == list(texts)
    assert ear.spent == len(texts)
    kinds = {TYPING: "typing", END: "later"}
    assert ear.done == [kinds[each] for each in texts if each in kinds], "none overtakes another"


async def test_the_control_what_is_begun_and_not_kept_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(ear: Ear, text: str) -> bool:
        return not ear._taking and ear._begin(text) is None

    monkeypatch.setattr(Ear, "_offered", forgetful)
    ear = Ear()
    await served(ear, TYPING, END, wire=True)
    assert ear.read == [TYPING, END, END]
    assert ear.spent == 3


@pytest.mark.parametrize("wire", [True, False])
async def test_too_many_frames_are_refused_on_either_way(*, wire: bool) -> None:
    ear = Ear()
    ear.allowance = Allowance(1, 2)
    await served(ear, TYPING, TYPING, TYPING, "{", wire=wire)
    assert ear.done == ["typing", "typing"]
    refused = [each["text"] for each in ear.sent if "text" in each]
    assert len(refused) == 2
    assert all(RateLimited.code in each for each in refused)


async def test_of_a_visitors_frames_only_messages_without_files_have_an_allowance_of_their_own(app: Served) -> None:
    socket = VisitorSocket({"type": "websocket", "state": {"context": app.context}}, _never, _nowhere)
    assert not socket.is_counted(frames.VisitorMessage(id=new_id(), text="hello"))
    assert socket.is_counted(frames.VisitorMessage(id=new_id(), text="", attachments=[new_id()]))
    assert socket.is_counted(frames.Typing(on=True))


async def _never() -> MutableMapping[str, Any]:
    raise NotImplementedError


async def _nowhere(_: MutableMapping[str, Any]) -> None:
    raise NotImplementedError
