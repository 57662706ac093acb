"""
What an e-mail address is, asked of one library wherever one comes in: `email-validator` (RFC 5321, 5322, 6531; IDNA
2008 by UTS 46, non-transitional).

A mailbox has one identity however it is spelt, and two mailboxes never share one: canonical forms and case are one, but
what only looks alike (ς and σ, ß and ss, ② and 2) is not.
"""

from __future__ import annotations

import re
from unicodedata import normalize

import email_validator
from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from chat.core.errors import InvalidField

LONGEST = 254
"""Characters, as RFC 5321 has it in octets. Longer texts are not even looked at."""

# An intranet's mail goes to names that are not for the internet: which domain there is, the mail server knows.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def address(text: str, field: str = "email") -> str:
    """Return an address as it is kept and shown: composed (NFC), its domain in letters. Raises InvalidField."""
    return _valid(text, field).normalized


def on_wire(text: str) -> tuple[str, str]:
    """
    Return an address as mail takes it: what is before the @, which outside of ASCII needs SMTPUTF8 (RFC 6531), and the
    domain as A-labels. Raises InvalidField.
    """
    valid = _valid(text, "email")
    return valid.local_part, valid.ascii_domain


def identity(text: str) -> str:
    """
    Return what an address is compared by: NFC and lower case before the @, A-labels after it. What is no address is
    itself, in lower case, and never equal to one.
    """
    try:
        local, domain = on_wire(text)
    except InvalidField:
        return " " + _lower(text.strip())
    return f"{_lower(local)}@{domain}"


def name_in(text: str, otherwise: str) -> str:
    """Return the name that a valid address gives (`anna.vale+shop@…`: Anna Vale), or another where it has none."""
    words = re.findall(r"[^\W\d_]+", text.partition("@")[0].partition("+")[0])
    return " ".join(each[:1].upper() + each[1:] for each in words) or otherwise


def _lower(text: str) -> str:
    # Composing n marks that stand out of their order costs n times n: what is longer than any address stays as it is.
    if len(text) > LONGEST:
        return text.lower()
    return normalize("NFC", normalize("NFC", text).lower())


def _valid(text: str, field: str) -> ValidatedEmail:
    # The library refuses the empty text, and so a long one, of which it need not read the rest.
    asked = text.strip()
    asked = asked if len(asked) <= LONGEST else ""
    try:
        return validate_email(asked, check_deliverability=False, globally_deliverable=False, strict=True)
    except EmailNotValidError:  # its words repeat what was typed
        raise InvalidField("This is not an e-mail address", field=field) from None
