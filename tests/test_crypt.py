"""What is sealed opens with its own key in its own place only; what is signed can be checked by anybody."""

import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chat.core.crypt import Sealed, Signer, blind, derive, digest, seal, unseal

KEY, OTHER = AESGCM(b"k" * 32), AESGCM(b"o" * 32)
TEXT = "Καλημέρα 👋 \u202e"


def test_a_sealed_text_opens_with_its_key_and_place() -> None:
    assert unseal(KEY, seal(KEY, TEXT, b"place"), b"place") == TEXT


def test_a_sealed_text_opens_with_no_other_key_nor_elsewhere() -> None:
    sealed = seal(KEY, TEXT, b"place")
    for key, place in ((OTHER, b"place"), (KEY, b"elsewhere"), (KEY, b"")):
        with pytest.raises(Sealed):
            unseal(key, sealed, place)


def test_one_changed_bit_anywhere_is_noticed() -> None:
    sealed = seal(KEY, "short", b"")
    for at in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(Sealed):
            unseal(KEY, bytes(changed), b"")


@pytest.mark.parametrize("sealed", [b"", b"x", b"x" * 12, b"x" * 27])
def test_too_few_bytes_do_not_open(sealed: bytes) -> None:
    with pytest.raises(Sealed):
        unseal(KEY, sealed, b"")


def test_the_same_text_is_never_sealed_alike() -> None:
    assert len({seal(KEY, TEXT, b"") for _ in range(100)}) == 100


def test_each_purpose_has_a_key_of_its_own() -> None:
    assert len({derive(b"s" * 32, purpose) for purpose in ("tokens", "index", "receipts", "key wrapping")}) == 4


def test_a_blind_index_tells_scopes_and_keys_apart() -> None:
    assert blind(b"k", "one", "a") == blind(b"k", "one", "a")
    assert (
        len({blind(b"k", "one", "a"), blind(b"k", "two", "a"), blind(b"x", "one", "a"), blind(b"k", "one", "b")}) == 4
    )


def test_a_digest_does_not_show_the_secret() -> None:
    assert "secret" not in digest("secret")


def test_anybody_can_check_a_signature_and_nobody_can_change_what_was_signed() -> None:
    signer = Signer(b"s" * 32)
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signer.public_key))
    signature = base64.b64decode(signer.sign(b"document"))
    key.verify(signature, b"document")
    with pytest.raises(InvalidSignature):
        key.verify(signature, b"documents")
