"""
An export of one contact has no byte of another's: CVE-2022-31134 (Zulip: private attachments in a public export).
"""

import pytest

from tests.chance import dice
from tests.inside import House
from tests.test_export import filled, opened, whole
from tests.walks.canary import rare

pytestmark = pytest.mark.anyio


async def test_an_export_holds_nothing_of_anybody_else(house: House) -> None:
    mine, theirs = (rare(dice(each)) for each in ("mine", "theirs"))
    guest = await filled(house, mine, f"{mine}@x.example")
    other = await filled(house, theirs, f"{theirs}@x.example")
    for whose, word, foreign in ((guest, mine, theirs), (other, theirs, mine)):
        parts = opened(await whole(house.services, whose))
        said = b"\n".join([*(name.encode() for name in parts), *parts.values()])
        assert word.encode() in said
        assert foreign.encode() not in said
