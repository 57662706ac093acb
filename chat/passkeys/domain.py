"""
Passkeys as browsers speak of them (Web Authentication Level 3, W3C): what is asked of a device, and whether its answer
holds. `webauthn` checks; nothing here knows where passkeys are kept.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from chat.core.errors import InvalidField, NotNow

CHALLENGE = 32
"""Random bytes of a challenge: the least is 16 (section 13.4.3)."""
PATIENCE = 300_000
"""So many ms a browser waits for a person; so long a challenge is good, too."""
MOST = 20
"""So many passkeys an agent may have."""
Encoded = Annotated[str, Meta(max_length=16_384, pattern="^[A-Za-z0-9_-]*$", examples=["AQIDBA"])]
"""Bytes in base64url without padding (RFC 4648, 5)."""
A = TypeVar("A", bound=Struct)


class Attested(Struct, frozen=True, forbid_unknown_fields=True):
    """What a device says when it has made a passkey (`AuthenticatorAttestationResponse`)."""

    client_data_json: Encoded = msgspec.field(name="clientDataJSON")
    attestation_object: Encoded = msgspec.field(name="attestationObject")


class Asserted(Struct, frozen=True, forbid_unknown_fields=True):
    """What a device says to show that it has a passkey (`AuthenticatorAssertionResponse`)."""

    client_data_json: Encoded = msgspec.field(name="clientDataJSON")
    authenticator_data: Encoded = msgspec.field(name="authenticatorData")
    signature: Encoded
    user_handle: Encoded | None = msgspec.field(name="userHandle", default=None)


class NewCredential(Struct, frozen=True, forbid_unknown_fields=True):
    """A passkey that a browser made (`PublicKeyCredential`)."""

    id: Encoded
    response: Attested


class Credential(Struct, frozen=True, forbid_unknown_fields=True):
    """A passkey that a browser shows (`PublicKeyCredential`)."""

    id: Encoded
    response: Asserted

    @property
    def hash(self) -> str:
        """What it is found by."""
        return credential_hash(self.id)


class HeldKey(Struct, frozen=True):
    """What is kept of a passkey, sealed: its id, its public key (COSE, RFC 9052), both in base64url."""

    id: str
    key: str


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """For whom passkeys are: the server's name, and the origin of its pages."""

    id: str
    origin: str


def relying_party(origin: str) -> RelyingParty:
    """Return for whom passkeys are on pages of an origin. Raises NotNow where it is an address without a name."""
    host = urlsplit(origin).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return RelyingParty(host, origin)
    raise NotNow("Passkeys are for a name: open this server by one, as https://chat.example")


def credential_hash(credential_id: str) -> str:
    """Return what a passkey is found by: a hash of its id."""
    return sha256(credential_id.encode()).hexdigest()


def encoded(raw: bytes) -> str:
    """Return bytes in base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def read(shown: str, kind: type[A]) -> A:
    """Return what a form's field says a browser answered. Raises InvalidField."""
    try:
        return msgspec.json.decode(shown, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise InvalidField("This is not what a browser says of a passkey", field="passkey") from None


def creation_options(
    party: RelyingParty, challenge: bytes, handle: bytes, name: str, has: list[HeldKey]
) -> dict[str, Any]:
    """Return what a browser needs to make a passkey for somebody, on no device that has one of theirs."""
    from webauthn import generate_registration_options  # noqa: PLC0415 - a quarter of a second that few should pay
    from webauthn.helpers.structs import (  # noqa: PLC0415 - as above
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
    )

    return _plain(
        generate_registration_options(
            rp_id=party.id,
            rp_name="Lethe",
            user_id=handle,
            user_name=name,
            challenge=challenge,
            timeout=PATIENCE,
            # Kept on the device where it can be: then it signs in without a password.
            authenticator_selection=AuthenticatorSelectionCriteria(resident_key=ResidentKeyRequirement.PREFERRED),
            exclude_credentials=_named(has),
        )
    )


def request_options(party: RelyingParty, challenge: bytes, has: list[HeldKey], *, verified: bool) -> dict[str, Any]:
    """Return what a browser needs to ask for one of these passkeys, for any where there are none."""
    from webauthn import generate_authentication_options  # noqa: PLC0415 - as above
    from webauthn.helpers.structs import UserVerificationRequirement  # noqa: PLC0415 - as above

    wanted = UserVerificationRequirement.REQUIRED if verified else UserVerificationRequirement.PREFERRED
    return _plain(
        generate_authentication_options(
            rp_id=party.id,
            challenge=challenge,
            timeout=PATIENCE,
            allow_credentials=_named(has) or None,
            user_verification=wanted,
        )
    )


def made(party: RelyingParty, challenge: bytes, new: NewCredential) -> tuple[HeldKey, int] | None:
    """Return what to keep of a new passkey, and what its device counts; None where the answer does not hold."""
    from webauthn import base64url_to_bytes, verify_registration_response  # noqa: PLC0415 - as above

    said = {"clientDataJSON": new.response.client_data_json, "attestationObject": new.response.attestation_object}
    try:
        found = verify_registration_response(
            credential=_whole(new.id, said),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
        )
        # The id that the device itself signed is what counts.
        same = found.credential_id == base64url_to_bytes(new.id)
    except Exception:  # noqa: BLE001 - what a device says is taken apart by parsers that raise whatever comes
        return None
    if not same:
        return None
    return HeldKey(new.id, encoded(found.credential_public_key)), found.sign_count


def counted(
    party: RelyingParty, challenge: bytes, held: HeldKey, count: int, shown: Credential, *, verified: bool
) -> int | None:
    """
    Return what a device counts now, whose answer holds (7.2): for this party, page and challenge, signed by the key
    that is `held`, its count gone on, and its person `verified` where that is asked. None where it does not.
    """
    from webauthn import base64url_to_bytes, verify_authentication_response  # noqa: PLC0415 - as above

    said = {
        "clientDataJSON": shown.response.client_data_json,
        "authenticatorData": shown.response.authenticator_data,
        "signature": shown.response.signature,
    }
    try:
        found = verify_authentication_response(
            credential=_whole(shown.id, said),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=base64url_to_bytes(held.key),
            credential_current_sign_count=count,
            require_user_verification=verified,
        )
    except Exception:  # noqa: BLE001 - as above
        return None
    return found.new_sign_count


def _whole(credential_id: str, response: dict[str, str]) -> dict[str, Any]:
    return {"id": credential_id, "rawId": credential_id, "type": "public-key", "response": response}


def _named(has: list[HeldKey]) -> list[Any]:
    from webauthn import base64url_to_bytes  # noqa: PLC0415 - as above
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor  # noqa: PLC0415 - as above

    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.id)) for each in has]


def _plain(options: Any) -> dict[str, Any]:
    from webauthn import options_to_json  # noqa: PLC0415 - as above

    return dict(json.loads(options_to_json(options)))
