"""The bus of one process: events, presence and allowances stay in memory."""

from __future__ import annotations

import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from chat.core.deliveries import Channel, Delivery
from chat.core.events import Event, EventsMissed, PresenceChanged
from chat.core.networks import Network

E = TypeVar("E")
Status = Literal["online", "away", "offline"]

STALE = 45.0
"""So many seconds after its last word, what another process said of an agent counts no more."""
COUNTED = 100_000
"""So many keys are counted at once for each length of window. Beyond that, the oldest counts no more."""
WIDER = 8
"""So many lines of one customer are counted each for itself before their number is what is limited."""


class Bus:
    """The bus of one process: everything stays here."""

    def __init__(self) -> None:
        # A channel's type says which events its listeners take; a dictionary of all channels can only say "any".
        self._listeners: dict[str, dict[object, Callable[[Delivery[Any]], None]]] = defaultdict(dict)
        self._present: dict[str, dict[str, dict[object, tuple[Status, float]]]] = defaultdict(lambda: defaultdict(dict))
        self._spent: dict[float, OrderedDict[str, tuple[float, int]]] = defaultdict(OrderedDict)
        self.missed = self.forged = self.evicted = 0

    async def start(self) -> None:
        """Begin to carry events."""

    async def stop(self) -> None:
        """Stop carrying events."""

    async def ready(self) -> bool:
        """Tell whether events reach other processes, which is true where there are none."""
        return True

    def listen(self, channel: Channel[E], owner: object, hear: Callable[[Delivery[E]], None]) -> None:
        """From now on tell `owner` what happens on a channel."""
        self._listeners[channel][owner] = hear

    def leave(self, channel: str, owner: object) -> None:
        """Tell `owner` nothing more of a channel."""
        listeners = self._listeners.get(channel)
        if listeners is not None:
            listeners.pop(owner, None)
            if not listeners:
                del self._listeners[channel]

    def publish(self, *events: Event | Delivery[Event]) -> None:
        """Tell everybody who listens, here at once. An event alone is one that nothing was rendered for."""
        # After the commit that it tells of, always: whoever hears it reads the database, where a crash must not undo
        # it.
        self._publish([each if isinstance(each, Delivery) else Delivery(each) for each in events])

    def _publish(self, deliveries: list[Delivery[Event]]) -> None:
        for each in deliveries:
            self._tell(each)

    def _tell(self, delivery: Delivery[Event]) -> None:
        event = delivery.event
        if isinstance(event, PresenceChanged):
            self._presence_heard(event, delivery.source)
        elif isinstance(event, EventsMissed):
            self._tell_all(delivery)
        for channel in event.channels():
            # A copy, since who hears may leave, or begin to listen.
            for owner, hear in list(self._listeners.get(channel, {}).items()):
                if owner is not delivery.source:
                    hear(delivery)

    def _tell_all(self, delivery: Delivery[Event]) -> None:
        """Tell everybody once, on however many channels they listen."""
        for hear in {owner: hear for each in self._listeners.values() for owner, hear in each.items()}.values():
            hear(delivery)

    def present(self, account: str, agent: str, status: Status, owner: object) -> None:
        """An agent's socket `owner` is there as `status`."""
        self.publish(Delivery(PresenceChanged(account, agent, status), source=owner))

    def _presence_heard(self, event: PresenceChanged, source: object) -> None:
        sockets = self._present[event.account][event.agent]
        if event.status == "offline":
            sockets.pop(source, None)
        else:
            sockets[source] = (event.status, time.monotonic())

    def status(self, account: str, agent: str) -> Status:
        """Return an agent's status over all sockets."""
        sockets = self._present.get(account, {}).get(agent, {})
        return summed({status for source, (status, at) in sockets.items() if not self._stale(source, at)})

    def _stale(self, source: object, at: float) -> bool:
        return isinstance(source, str) and time.monotonic() - at > STALE

    def forget_stale(self) -> None:
        """Let go of agents of processes that have ended without a word, and tell that they are not there."""
        for account, agents in self._present.items():
            for agent, sockets in agents.items():
                for source in [each for each, (_, at) in sockets.items() if self._stale(each, at)]:
                    self._tell(Delivery(PresenceChanged(account, agent, "offline"), source=source))

    def agents(self, account: str) -> dict[str, Status]:
        """Return each agent that is not offline, with the status."""
        known = {agent: self.status(account, agent) for agent in list(self._present.get(account, {}))}
        return {agent: status for agent, status in known.items() if status != "offline"}

    def online(self, account: str) -> bool:
        """Tell whether any agent of the account is online."""
        return "online" in self.agents(account).values()

    async def allow(self, key: str, limit: int, window: float, cost: int = 1) -> float:
        """
        Count one more of `key`, or `cost` more, and return 0.0 while there are at most `limit` in `window` seconds,
        else the seconds to wait.
        """
        count, left = await self.spend(key, window, cost)
        return 0.0 if count <= limit else left

    async def spend(self, key: str, window: float, cost: int = 1) -> tuple[int, float]:
        """
        Count one more of `key`, or `cost` more, and return how many there are in this window of `window` seconds, and
        in how many seconds it ends.
        """
        now, spent = time.monotonic(), self._spent[window]
        # Of one window, what came first ends first: each call lets go of what is over, and never looks at the rest.
        while spent and (len(spent) > COUNTED or next(iter(spent.values()))[0] <= now):
            _, (over, _) = spent.popitem(last=False)
            self.evicted += over > now
        until, count = spent.get(key, (now + window, 0))
        spent[key] = (until, count + cost)
        return count + cost, until - now

    async def allow_from(self, what: str, network: Network, limit: int, window: float) -> float:
        """
        Like `allow`, for what comes from a network. The wider one around it may ask `WIDER` times as often. What is
        refused uses up nothing of the wider one's.
        """
        wait = await self.allow(f"{what}:{network.near}", limit, window)
        if wait or not network.wide:
            return wait
        return await self.allow(f"{what}:{network.wide}", limit * WIDER, window)

    async def give_back_from(self, what: str, network: Network, window: float) -> None:
        """Take back what `allow_from` counted."""
        for each in {network.near, network.wide} - {""}:
            await self.give_back(f"{what}:{each}", window)

    async def give_back(self, key: str, window: float) -> None:
        """Take back one that was counted, as if it had not been."""
        until, count = self._spent[window].get(key, (0.0, 0))
        if count:
            self._spent[window][key] = (until, count - 1)


def summed(statuses: set[Status]) -> Status:
    """Return the status of an agent whose sockets have these."""
    return "online" if "online" in statuses else "away" if "away" in statuses else "offline"
