"""A mail server on loopback that takes what is sent, or answers as it was told."""

import asyncio
import email
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import default
from functools import cache
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from chat.infra.mail import Mailer
from chat.infra.services import Services
from tests.inside import CHAT
from tests.services import free_port

LINK = re.compile(r"http://\S+#\S+")
logging.getLogger("mail.log").propagate = False  # aiosmtpd's, whose thread writes when pytest has closed the log


@dataclass
class Post:
    """A mail server on loopback: what it took, does then, and answers next (an SMTP line, or `drop`)."""

    port: int
    took: list[Envelope] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    then: Callable[[], None] = lambda: None

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Answer what was ordered; keep the mail where that is a yes, or the line drops just after."""
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250") or answer == "drop":
            self.took.append(envelope)
            self.then()
        if answer == "drop":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return answer

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Refuse one name for good."""
        if address.startswith("nobody"):
            return "550 no such box"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    @property
    def mails(self) -> list[Any]:
        """What was taken, read as mail."""
        contents = [each.content for each in self.took if isinstance(each.content, bytes)]
        return [_read(each) for each in contents]

    def links(self, after: int = 0) -> list[str]:
        """The links with a secret in what was taken after so many. Not every mail has one."""
        found = (LINK.search(each.get_content()) for each in self.mails[after:])
        return [each[0] for each in found if each]


@cache
def _read(content: bytes) -> EmailMessage:
    """A mail, read once however often it is asked for; nobody changes it."""
    return email.message_from_bytes(content, policy=default)


@pytest.fixture
def post() -> Iterator[Post]:
    """The server, up."""
    with taking() as made:
        yield made


@contextmanager
def taking() -> Iterator[Post]:
    """A server that is up meanwhile."""
    made = Post(free_port())
    controller = Controller(made, hostname="127.0.0.1", port=made.port)
    controller.start()
    try:
        yield made
    finally:
        controller.stop()


def mailed(services: Services, port: int, at: int = 0) -> Services:
    """Services that send there, whose links lead to the tests' own server; with its clock at a moment."""
    mailer = Mailer(f"smtp://127.0.0.1:{port}/?from=chat@acme.example")
    settings = replace(services.settings, base_url=CHAT)
    return replace(services, mailer=mailer, settings=settings, clock=(lambda: at) if at else services.clock)
