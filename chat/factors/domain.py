"""Codes by time (TOTP, RFC 6238), as apps make them of a shared secret, and the recovery codes beside them."""

from __future__ import annotations

import hmac
import re
import secrets

import pyotp

STEP = 30
"""Seconds that a code is good for (RFC 6238, 5.2)."""
SKEW = 1
"""So many steps an app's clock may be early or late."""
RECOVERY_CODES, RECOVERY_LENGTH = 10, 12
# Without letters and digits that are taken for one another: 31 signs, twelve of them are 59 bits.
SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"
CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """Return a secret of 160 random bits (RFC 4226, 4) in base32."""
    return pyotp.random_base32()


def uri(secret: str, email: str, account: str) -> str:
    """Return what an app reads from the QR code: whose secret it is, and where."""
    # A colon parts the issuer from the name there, and some apps stumble over one that is escaped.
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=account.replace(":", " "))


def matching_step(secret: str, shown: str, now: int) -> int | None:
    """Return the time step (of 30 s since 1970) whose code this is, None where of none that is near `now` (ms)."""
    here, made = now // 1000 // STEP, pyotp.TOTP(secret)
    near = range(here - SKEW, here + SKEW + 1)
    # Each is compared, whichever fits: how long it takes says nothing.
    fits = [step for step in near if hmac.compare_digest(made.generate_otp(step).encode(), shown.encode())]
    return max(fits, default=None)


def typed(text: str) -> str:
    """Return a code as it was meant: without the blanks and strokes that people put between its parts."""
    return re.sub(r"[\s-]", "", text).lower()


def is_by_time(code: str) -> bool:
    """Whether this is a code by time; else it may be one for recovery."""
    return CODE.fullmatch(code) is not None


def new_recovery_codes() -> list[str]:
    """Return ten codes that nobody can guess, as they are shown."""
    made = ["".join(secrets.choice(SIGNS) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    return ["-".join(code[at : at + 4] for at in range(0, RECOVERY_LENGTH, 4)) for code in made]
