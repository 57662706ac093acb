"""
Sealing, signing and blind indexes: pure functions over `cryptography`.

Texts are sealed with AES-256-GCM (NIST SP 800-38D) under a data key of their own contact, data keys are wrapped under
a key derived (HKDF, RFC 5869) from the server's secret, receipts are signed with Ed25519 (RFC 8032).
"""

from __future__ import annotations

import base64
import hmac
import json
import os
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import count

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct, to_builtins

KEY_BYTES = 32
NONCE_BYTES = 12
CHUNK_BYTES = 1 << 16
SEALED_CHUNK = CHUNK_BYTES + 16


class Sealed(ValueError):
    """These bytes do not open with this key for this context."""


def derive(secret: bytes, purpose: str) -> bytes:
    """Return 32 bytes for one `purpose` from the server's secret."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"lethe/{purpose}".encode()).derive(secret)


def seal(key: AESGCM, text: str, context: bytes) -> bytes:
    """
    Return nonce and ciphertext of `text`. It opens again only with the same `context` (what it is and where it stands).
    """
    # At random: no key seals anything like the 2^32 texts up to which that is safe (NIST SP 800-38D, 8.3).
    nonce = os.urandom(NONCE_BYTES)
    return nonce + key.encrypt(nonce, text.encode(), context)


def unseal(key: AESGCM, sealed: bytes, context: bytes) -> str:
    """Return the text. Raises Sealed where key, context or bytes are not the ones it was sealed with."""
    try:
        return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context).decode()
    except (InvalidTag, ValueError) as error:
        raise Sealed("does not open") from error


def blind(key: bytes, scope: str, value: str) -> str:
    """
    Return a keyed hash of `value` within `scope`, by which equal values are found and none is read (HMAC-SHA-256,
    hex).
    """
    return hmac.new(key, f"{scope}\x00{value}".encode(), sha256).hexdigest()


def digest(value: str) -> str:
    """Return the SHA-256 of a secret of 256 random bits, as it is kept (hex)."""
    # Without salt and at once, unlike a password: of 256 random bits nobody can try enough.
    return sha256(value.encode()).hexdigest()


class Proof(Struct, frozen=True):
    """A signature as it is handed out: what it is `over`, and the key that checks it, both in base64."""

    alg: str
    value: str
    over: str
    public_key: str


class Signer:
    """Signs documents with an Ed25519 key made from the server's secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(derive(secret, "receipts"))

    @property
    def public_key(self) -> str:
        """The 32 bytes that check the signatures, in base64."""
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(raw).decode()

    @property
    def jwk(self) -> dict[str, str]:
        """The same as a JSON Web Key (RFC 8037), named by its thumbprint (RFC 7638)."""
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        key = {"crv": "Ed25519", "kty": "OKP", "x": base64url(raw)}
        return key | {"kid": base64url(sha256(canonical(key)).digest()), "alg": "EdDSA", "use": "sig"}

    def sign(self, document: bytes) -> str:
        """Return the signature over `document`, in base64."""
        return base64.b64encode(self._key.sign(document)).decode()

    def signed(self, document: bytes, signature: str) -> bool:
        """Whether a signature in base64 is this key's over `document`."""
        try:
            self._key.public_key().verify(base64.b64decode(signature, validate=True), document)
        except (InvalidSignature, ValueError):
            return False
        return True


class ChunkSealer:
    """
    Seals what comes piece by piece, in chunks, under a key that seals nothing else.

    The nonce counts the chunks and marks the last one, so none can be left out, moved or cut off (the STREAM
    construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015).
    """

    def __init__(self, key: bytes) -> None:
        self._cipher, self._number, self._waiting = AESGCM(key), 0, bytearray()

    def feed(self, piece: bytes) -> bytes:
        """Return the chunks that are full by now. One is kept back, as it may be the last."""
        self._waiting += piece
        made = bytearray()
        while len(self._waiting) > CHUNK_BYTES:
            made += self._sealed(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]
        return bytes(made)

    def end(self) -> bytes:
        """Return the last chunk, which may be of nothing."""
        return self._sealed(bytes(self._waiting), last=True)

    def _sealed(self, chunk: bytes, *, last: bool) -> bytes:
        self._number += 1
        return self._cipher.encrypt(_chunk_nonce(self._number - 1, last=last), chunk, None)


def seal_chunks(key: bytes, data: bytes) -> Iterator[bytes]:
    """Yield `data` sealed in chunks under a key that seals nothing else."""
    sealer = ChunkSealer(key)
    for start in range(0, len(data), CHUNK_BYTES):
        if full := sealer.feed(data[start : start + CHUNK_BYTES]):
            yield full
    yield sealer.end()


def unseal_chunks(key: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what was sealed. `chunks` are of SEALED_CHUNK bytes, the last may be less. Raises Sealed."""
    cipher = AESGCM(key)
    coming = iter(chunks)
    chunk = next(coming, b"")
    for number in count():
        after = next(coming, None)
        try:
            yield cipher.decrypt(_chunk_nonce(number, last=after is None), chunk, None)
        except InvalidTag as error:
            raise Sealed("does not open") from error
        if after is None:
            return
        chunk = after


def base64url(raw: bytes) -> str:
    """Return bytes in base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _chunk_nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(NONCE_BYTES - 1, "big") + bytes([last])


def canonical(document: object) -> bytes:
    """Return JSON with sorted keys and no spaces, UTF-8: what hashes and signatures are taken over."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=to_builtins).encode()


def seal_text(key: AESGCM, kind: str, cid: bytes, text: str) -> bytes:
    """Seal what somebody wrote: it opens only as the same kind of thing with the same id."""
    return seal(key, text, kind.encode() + cid)


def unseal_text(key: AESGCM, kind: str, cid: bytes, sealed: bytes) -> str:
    """Return what somebody wrote. Raises Sealed where these bytes are not what was stored under this id."""
    return unseal(key, sealed, kind.encode() + cid)
