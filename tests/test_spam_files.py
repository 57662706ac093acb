"""Claims about a filter's file: what is refused, and that its bytes depend on nothing else."""

import hashlib
from pathlib import Path

import pytest

from spam import Filter, ModelFileError
from spam.filter import SHIPPED
from tests.chance import dice


def _sealed(data: bytes, change: bytes = b"") -> bytes:
    """Put other words (old->new) into a file and vouch for them with the right checksum."""
    first, _, body = data.partition(b"\n")
    old, _, new = change.partition(b"->")
    assert old in body
    body = body.replace(old, new, 1)
    fields = first.split(b" ")
    fields[2] = hashlib.sha256(body).hexdigest().encode()
    return b" ".join(fields) + b"\n" + body


def test_saved_and_loaded_and_saved_is_the_same_file(tmp_path: Path) -> None:
    Filter.shipped().save(tmp_path / "a")
    Filter.load(tmp_path / "a").save(tmp_path / "b")
    assert SHIPPED.read_bytes() == (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_the_shipped_filter_is_under_two_megabytes() -> None:
    assert SHIPPED.stat().st_size < 2_000_000


def test_a_file_says_no_word() -> None:
    data = SHIPPED.read_bytes()
    assert b"spam" in data  # the control: its header is in plain text
    assert not any(word in data for word in (b"viagra", b"subscribe", b"congratulations", b"prize"))


def test_one_flipped_bit_is_refused() -> None:
    data = SHIPPED.read_bytes()
    chance = dice("flipped bits")
    places = [*range(400), *(chance.randrange(len(data)) for _ in range(100)), len(data) - 1]
    for place in places:
        flipped = bytearray(data)
        flipped[place] ^= 1 << chance.randrange(8)
        with pytest.raises(ModelFileError):
            Filter.from_bytes(bytes(flipped))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a spam filter"),
        (b"PK\x03\x04", "not a spam filter"),
        (b"lethe-spam-filter 1 0 x", "damaged"),
        (b"lethe-spam-filter 2 " + b"0" * 64 + b" 5\n", "format '2'"),
        (b"lethe-spam-filter\n", "not a spam filter"),
    ],
)
def test_a_foreign_or_newer_file_is_refused_in_one_line(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "model").write_bytes(data)
    with pytest.raises(ModelFileError, match=says) as refused:
        Filter.load(tmp_path / "model")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "change",
    [
        b'"features":->"features":9',
        b'"bias":->"bios":',
        b'"size":->"size":-',
        b'"size":->"size":1',
        b'"key":"->"key":"z',
    ],
)
def test_a_file_of_other_terms_is_refused_although_its_checksum_is_right(change: bytes) -> None:
    data = SHIPPED.read_bytes()
    Filter.from_bytes(_sealed(data))  # the control: resealed, and nothing else
    with pytest.raises(ModelFileError):
        Filter.from_bytes(_sealed(data, change))


def test_a_truncated_file_is_refused() -> None:
    data = SHIPPED.read_bytes()
    for length in (1, 20, 90, 300, 1_000, len(data) - 1):
        with pytest.raises(ModelFileError):
            Filter.from_bytes(data[:length])


def test_a_missing_file_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="cannot be read"):
        Filter.load(tmp_path / "none")


def test_a_failed_save_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "model"
    kept.write_bytes(b"before")

    def full(number: int) -> None:
        raise OSError(28, f"no space left on {number}")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        Filter.shipped().save(kept)
    assert kept.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [kept]
