"""A device that keeps passkeys, in software: it makes and shows them as browsers do (WebAuthn Level 3)."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import cbor2
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from chat.core.model import Actor
from chat.core.networks import Network
from chat.factors.actions import by_passkey, own_passkeys
from chat.factors.actions.own_passkeys import MadePasskey
from chat.infra.services import Services
from chat.passkeys.actions import Ceremony, PasskeyAnswer
from chat.passkeys.domain import Credential, NewCredential, RelyingParty
from chat.team.actions.sign_ins import SignedIn

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
PARTY = RelyingParty("chat.test", "http://chat.test")


def text(raw: bytes) -> str:
    """Bytes in base64url, as browsers write them."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(encoded: str) -> bytes:
    """The bytes of such a text."""
    return urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


@dataclass
class Authenticator:
    """
    A device with one passkey. What it says may be bent: the `party` it is for, the `origin` of the page, whether its
    person is `verified`, what it counts to.
    """

    number: int = 1
    party: str = PARTY.id
    origin: str = PARTY.origin
    verified: bool = True
    count: int = 0
    counts: bool = True
    handle: bytes = b""
    challenge: bytes = b""
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))

    @property
    def id(self) -> bytes:
        """The passkey's."""
        return sha256(b"passkey" + self.number.to_bytes(4, "big")).digest()

    def copy(self) -> "Authenticator":
        """A copy of the device, as it counts now."""
        return replace(self)

    def make(self, ceremony: Ceremony) -> NewCredential:
        """What a browser says of a new passkey."""
        self.handle = raw(ceremony.options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        key = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        said = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + key}
        response = {"clientDataJSON": self._client("webauthn.create", ceremony), "attestationObject": cbor2.dumps(said)}
        return msgspec.convert(self._written(response), NewCredential)

    def show(self, ceremony: Ceremony) -> Credential:
        """What a browser says when the passkey is shown."""
        self.count += self.counts
        client, data = self._client("webauthn.get", ceremony), self._data()
        signature = self.key.sign(data + sha256(client).digest(), ECDSA(SHA256()))
        response = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        return msgspec.convert(self._written(response | {"userHandle": self.handle}), Credential)

    def answer(self, ceremony: Ceremony, party: RelyingParty = PARTY) -> PasskeyAnswer:
        """The same with what the browser brings back."""
        return PasskeyAnswer(party, self.show(ceremony), ceremony.cookie)

    def _written(self, response: dict[str, bytes]) -> dict[str, Any]:
        return {"id": text(self.id), "response": {name: text(each) for name, each in response.items()}}

    def _client(self, kind: str, ceremony: Ceremony) -> bytes:
        challenge = text(self.challenge) if self.challenge else ceremony.options["challenge"]
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, more: int = 0) -> bytes:
        flags = PRESENT | (VERIFIED if self.verified else 0) | more
        return sha256(self.party.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")


async def added(services: Services, actor: Actor, device: Authenticator, name: str = "Laptop") -> MadePasskey:
    """Let a device make a passkey for an actor."""
    ceremony = await own_passkeys.begin(services, actor, PARTY)
    return await own_passkeys.add(services, actor, PARTY, name, device.make(ceremony), ceremony.cookie)


async def shown_alone(services: Services, device: Authenticator, network: Network) -> SignedIn:
    """Sign in with a passkey and no password."""
    return await by_passkey.sign_in(services, device.answer(by_passkey.ask_anybody(services, PARTY)), network)
