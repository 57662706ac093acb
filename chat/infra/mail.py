"""Mail over SMTP: one plain letter at a time, and why one was not taken. Knows nothing of chats."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from chat.core.addresses import on_wire
from chat.core.errors import InvalidField, Misconfigured

SECONDS, WHOLE = 20.0, 60.0
"""How long a mail server may take for one answer, and for a whole letter."""
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
PERMANENT = 500
HOUR = 3600.0
LINE = 998
"""The longest line of a mail (RFC 5322, 2.1.1)."""
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Letter:
    """One mail: `id` becomes its Message-ID, the same each time it is tried, so that a double can be told."""

    id: str
    to: str
    subject: str
    text: str
    unsubscribe: str = ""
    """The URL that a POST to ends such mail, for the button that mail programs show (RFC 8058)."""


class Undelivered(Exception):
    """
    A letter was not taken; `permanent` where trying again will not help, `bounced` where that is because of its
    address. Its words hold no address.
    """

    def __init__(self, why: str, *, permanent: bool, bounced: bool = False) -> None:
        super().__init__(why)
        self.why, self.permanent, self.bounced = why, permanent, bounced


class Mailer:
    """Sends through the server of `url`: smtp://, smtp+starttls:// or smtps://, with user and password, `?from=`."""

    def __init__(self, url: str, base_url: str = "") -> None:
        self._parts, self._known_until, self._international = urlsplit(url), 0.0, True
        asked = parse_qs(self._parts.query).get("from", [""])[0]
        self.sender = asked or f"lethe@{urlsplit(base_url).hostname or self._parts.hostname or 'localhost'}"

    @property
    def ready(self) -> bool:
        """Whether there is a server to send through."""
        return bool(self._parts.hostname)

    def send(self, letter: Letter) -> None:
        """Hand a letter to the server, in the calling thread. Raises Undelivered."""
        made = self._written(letter)
        try:
            with self._connected() as server:
                server.send_message(made, _address(self.sender).addr_spec, [_address(letter.to).addr_spec])
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise Undelivered(f"refused {code}", permanent=code >= PERMANENT, bounced=code >= PERMANENT) from None
        except smtplib.SMTPResponseException as error:
            # A password that is refused is the operator's to mend, and no fault of the letter: it is tried again.
            refused = error.smtp_code >= PERMANENT and not isinstance(error, smtplib.SMTPAuthenticationError)
            raise Undelivered(f"answered {error.smtp_code}", permanent=refused) from None
        except smtplib.SMTPNotSupportedError:
            raise Undelivered("the server cannot take such an address", permanent=True) from None
        except (smtplib.SMTPException, OSError) as error:
            raise Undelivered(type(error).__name__, permanent=False) from None

    def refuses(self, to: str) -> bool:
        """
        Tell whether the server cannot take mail to an address: letters outside of ASCII before the @ need SMTPUTF8. It
        is asked in the calling thread, once an hour at most. One that is away refuses nothing.
        """
        if on_wire(to)[0].isascii():
            return False
        if monotonic() > self._known_until:
            try:
                with self._connected() as server:
                    server.ehlo_or_helo_if_needed()
                    self._international = server.has_extn("smtputf8")
            except (smtplib.SMTPException, OSError):
                return False
            self._known_until = monotonic() + HOUR
        return not self._international

    def check(self) -> None:
        """Greet the server and sign in, sending nothing. Raises Misconfigured."""
        try:
            _address(self.sender)
            with self._connected() as server:
                server.noop()
        except (smtplib.SMTPException, OSError, Undelivered) as error:
            raise Misconfigured(
                f"LETHE_SMTP_URL names a mail server that does not take mail from us ({type(error).__name__}); "
                "look at its host, port, user, password and ?from="
            ) from None

    def _connected(self) -> smtplib.SMTP:
        parts = self._parts
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 25)
        if parts.scheme == "smtps":
            context = ssl.create_default_context()
            server: smtplib.SMTP = _LimitedTLS(host, port, timeout=SECONDS, context=context)
        else:
            server = _Limited(host, port, timeout=SECONDS)
        try:
            self._secured(server, host)
        except BaseException:
            server.close()
            raise
        return server

    def _secured(self, server: smtplib.SMTP, host: str) -> None:
        server.ehlo_or_helo_if_needed()
        named = self._parts.scheme == "smtp+starttls"
        if named or (self._parts.scheme == "smtp" and host not in LOOPBACK and server.has_extn("starttls")):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        if self._parts.username:
            # Never a password in the clear: who listens on the way would have it.
            if not isinstance(server.sock, ssl.SSLSocket) and host not in LOOPBACK:
                raise smtplib.SMTPException("no TLS")
            server.login(unquote(self._parts.username), unquote(self._parts.password or ""))

    def _written(self, letter: Letter) -> EmailMessage:
        # A URL is one word however long it is: folded, it would be written as words of RFC 2047, which nobody follows.
        made = EmailMessage(policy=SMTP.clone(max_line_length=LINE) if letter.unsubscribe else SMTP)
        try:
            made["From"], made["To"] = _address(self.sender), _address(letter.to)
            # On one line: a header with a break in it is refused, and with it the letter.
            made["Subject"] = " ".join(letter.subject.split())
            made["Message-ID"] = f"<{letter.id}@{_address(self.sender).domain}>"
            made["Date"] = formatdate(localtime=False)
            # Or somebody's absence note would be answered, and answer (RFC 3834).
            made["Auto-Submitted"] = "auto-generated"
            if letter.unsubscribe:
                made["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
                made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
            made.set_content(letter.text)
        except (ValueError, MessageError) as error:
            raise Undelivered("it cannot be written as a mail", permanent=True) from error
        return made


class _Limited(smtplib.SMTP):
    """
    A connection that ends after `WHOLE` seconds. The time-out of its socket is for each byte, so a server that sends
    one now and then could hold a letter for ever.
    """

    _timer: threading.Timer | None = None

    def connect(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        """Connect, and let the time run."""
        self._timer = threading.Timer(WHOLE, self._cut)
        self._timer.daemon = True
        self._timer.start()
        return super().connect(*args, **options)

    def close(self) -> None:
        """Close, and stop the time."""
        if self._timer is not None:
            self._timer.cancel()
        super().close()

    def _cut(self) -> None:
        if self.sock is not None:
            with contextlib.suppress(OSError):  # it has just been closed
                self.sock.shutdown(socket.SHUT_RDWR)


class _LimitedTLS(_Limited, smtplib.SMTP_SSL):
    """The same, in TLS from its first byte."""


def _address(text: str) -> Address:
    """Return one address as mail takes it and nothing beside it: no line break or second one reaches a header."""
    try:
        local, domain = on_wire(text)
    except InvalidField as error:
        raise Undelivered("its address is not one", permanent=True) from error
    return Address(username=local, domain=domain)
