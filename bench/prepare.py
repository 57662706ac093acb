"""Makes accounts in ``LETHE_DATA`` before a server runs there: ``python -m bench.prepare COUNT``.

The actions are the ones behind ``lethe init`` and the owner's pages, called in one process because
the command takes most of a second each time. Each account has a notice and no limit on messages;
they are printed as JSON.
"""

import asyncio
import sys

import msgspec

from bench.lethe import ORIGIN, Shop
from chat.account.actions import accounts
from chat.app import open_services
from chat.consent.actions import notices
from chat.core.model import NoticeText
from chat.core.settings import from_env
from chat.infra.store.folder import prepare_data
from chat.infra.store.migrations import migrate
from chat.team.actions import sessions

NOTICE = NoticeText(
    locale="en",
    text="We keep what you write for a year, to answer you.",
    privacy_url=f"{ORIGIN}/privacy",
    chat_label="I agree that my messages are stored.",
    training_label="I agree that they teach the spam filter.",
)


async def shops(count: int) -> list[Shop]:
    """Make ``count`` accounts, each with an owner, a site, a token and a notice."""
    settings = from_env()
    prepare_data(settings)
    migrate(settings)
    async with open_services(settings) as services:
        made = []
        for number in range(count):
            email = f"owner{number}@shop.example"
            account = await accounts.init(services, f"Shop {number}", email, None, [ORIGIN])
            owner = await sessions.by_token(services, account.api_token)
            await accounts.change_account(services, owner, message_rate=0)
            await notices.publish(services, owner, [NOTICE])
            made.append(Shop(account.site_key, account.api_token))
    return made


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(shops(int(sys.argv[1])))))
