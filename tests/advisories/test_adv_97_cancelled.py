"""
A command to Redis that is given up leaves nobody another's answer: CVE-2023-28858 and CVE-2023-28859 (redis-py).
"""

import asyncio
import contextlib

import pytest
from redis.asyncio import Redis

from chat.core.macs import Macs
from chat.infra.bus.redis import RedisBus
from tests.chance import dice

pytestmark = pytest.mark.anyio
COMMANDS = 3000


async def test_adv_97_every_answer_is_its_own_commands(redis_url: str) -> None:
    chance = dice("cancelled commands")
    bus = RedisBus(redis_url, Macs(b"k" * 32))
    client = bus._redis
    for number in range(50):
        await client.set(f"key {number}", f"value {number}")
    answers: list[bool] = []
    given_up = 0
    for _ in range(COMMANDS // 20):
        tasks = [asyncio.create_task(answered(client, chance.randrange(50), answers)) for _ in range(20)]
        for _ in range(chance.randrange(12)):
            await asyncio.sleep(0)
        given_up += sum(task.cancel() for task in tasks if chance.random() < 0.5)
        await asyncio.gather(*tasks, return_exceptions=True)
    await client.aclose()
    assert given_up > COMMANDS // 10
    assert len(answers) > COMMANDS // 10
    assert all(answers)


async def answered(client: Redis, number: int, answers: list[bool]) -> None:
    """Ask for a key, alone or in a row; note whether the answer was its own."""
    if number % 3:
        found: object = await client.get(f"key {number}")
    else:
        async with client.pipeline() as pipe:
            pipe.get("key 0")
            pipe.get(f"key {number}")
            found = (await pipe.execute())[1]
    answers.append(found == f"value {number}".encode())


async def test_adv_97_an_allowance_given_up_half_way_counts_for_nobody_else(redis_url: str) -> None:
    chance = dice("allowances given up")
    bus = RedisBus(redis_url, Macs(b"k" * 32))
    for _ in range(200):
        task = asyncio.create_task(bus.allow("crowd", 10**6, 60))
        for _ in range(chance.randrange(8)):
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert await bus.allow(f"own {chance.random()}", 1, 60) == 0
    await bus._redis.aclose()
    assert bus.missed == 0


async def test_adv_97_the_control_one_line_for_all_mixes_answers(redis_url: str) -> None:
    """By hand, over one connection that goes on after a command was given up, as the library's once did."""
    port = int(redis_url.rpartition(":")[2].partition("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"SET a 1\r\nSET b 2\r\n")
    assert await reader.readline() + await reader.readline() == b"+OK\r\n+OK\r\n"
    writer.write(b"GET a\r\n")  # and given up
    writer.write(b"GET b\r\n")
    assert (await reader.readline(), await reader.readline()) == (b"$1\r\n", b"1\r\n")
    writer.close()
