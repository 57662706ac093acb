"""The form of one process: nudges, presence and allowances stay in memory."""

from __future__ import annotations

import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable

from chat.core.networks import Network
from chat.core.nudges import Nudge, Told, channels

STALE = 45.0
"""So many seconds after its last word, what another process said of an agent counts no more."""
COUNTED = 100_000
"""So many keys are counted at once for each length of window; beyond, the oldest counts no more."""
WIDER = 8
"""So many lines of one customer are counted each for itself before their number is what is limited."""


class Bus:
    """The one-process form: everything stays here."""

    def __init__(self) -> None:
        self._ears: dict[str, dict[object, Callable[[Told], None]]] = defaultdict(dict)
        self._present: dict[str, dict[str, dict[object, tuple[str, float]]]] = defaultdict(lambda: defaultdict(dict))
        self._spent: dict[float, OrderedDict[str, tuple[float, int]]] = defaultdict(OrderedDict)
        self.missed = self.forged = self.evicted = 0

    async def start(self) -> None:
        """Begin to carry nudges."""

    async def stop(self) -> None:
        """Stop carrying nudges."""

    async def ready(self) -> bool:
        """Tell whether nudges reach other processes; true where there are none."""
        return True

    def listen(self, channel: str, owner: object, hear: Callable[[Told], None]) -> None:
        """
        From now on tell `owner` what happens on a channel: `account:…` (agents), `visitors:…`, `contact:…`,
        `ticket:…`, `server`.
        """
        self._ears[channel][owner] = hear

    def leave(self, channel: str, owner: object) -> None:
        """Tell `owner` nothing more of a channel."""
        ears = self._ears.get(channel)
        if ears is not None:
            ears.pop(owner, None)
            if not ears:
                del self._ears[channel]

    def publish(self, *told: Told) -> None:
        """Tell everybody who listens, here at once."""
        for each in told:
            self._tell(each)

    def _tell(self, told: Told) -> None:
        nudge = told.nudge
        if nudge.kind == "presence":
            self._presence_heard(nudge, told.source)
        for channel in channels(nudge):
            for owner, hear in list(self._ears.get(channel, {}).items()):
                if owner is not told.source:
                    hear(told)

    def _tell_all(self, nudge: Nudge) -> None:
        for ears in list(self._ears.values()):
            for hear in list(ears.values()):
                hear(Told(nudge))

    def present(self, account: str, agent: str, status: str, owner: object) -> None:
        """An agent's socket `owner` is there as `status`: online, away or offline."""
        self.publish(Told(Nudge("presence", account=account, agent=agent, status=status), source=owner))

    def _presence_heard(self, nudge: Nudge, source: object) -> None:
        sockets = self._present[nudge.account][nudge.agent]
        if nudge.status == "offline":
            sockets.pop(source, None)
        else:
            sockets[source] = (nudge.status, time.monotonic())

    def status(self, account: str, agent: str) -> str:
        """Return an agent's status over all sockets: online, away or offline."""
        sockets = self._present.get(account, {}).get(agent, {})
        told = {status for source, (status, at) in sockets.items() if not self._stale(source, at)}
        return "online" if "online" in told else "away" if told else "offline"

    def _stale(self, source: object, at: float) -> bool:
        return isinstance(source, str) and time.monotonic() - at > STALE

    def forget_stale(self) -> None:
        """Let go of agents of processes that have ended without a word, and tell that they are not there."""
        for account, agents in self._present.items():
            for agent, sockets in agents.items():
                for source in [each for each, (_, at) in sockets.items() if self._stale(each, at)]:
                    self._tell(Told(Nudge("presence", account=account, agent=agent, status="offline"), source=source))

    def agents(self, account: str) -> dict[str, str]:
        """Return each agent that is not offline, with the status."""
        known = {agent: self.status(account, agent) for agent in list(self._present.get(account, {}))}
        return {agent: status for agent, status in known.items() if status != "offline"}

    def online(self, account: str) -> bool:
        """Tell whether any agent of the account is online."""
        return "online" in self.agents(account).values()

    async def allow(self, key: str, limit: int, window: float, cost: int = 1) -> float:
        """
        Count one more of `key`, or `cost` more; return 0.0 while there are at most `limit` in `window` seconds, else
        the seconds to wait.
        """
        now, spent = time.monotonic(), self._spent[window]
        # Of one window, what came first ends first: each call lets go of what is over, and never looks at the rest.
        while spent and (len(spent) > COUNTED or next(iter(spent.values()))[0] <= now):
            _, (over, _) = spent.popitem(last=False)
            self.evicted += over > now
        until, count = spent.get(key, (now + window, 0))
        spent[key] = (until, count + cost)
        return 0.0 if count + cost <= limit else until - now

    async def allow_from(self, what: str, network: Network, limit: int, window: float) -> float:
        """
        Like `allow`, for what comes from a network; the wider one around it may ask `WIDER` times as often. What is
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
