"""Claims about learning and unlearning: the filter is, byte for byte, a function of the labels that are left."""

import random
from array import array
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spam import Filter, Label, Marks, ModelFileError, NeverLearntError, Taught, countsfile
from spam.filter import SHIPPED
from spam.marks import MOST
from tests.chance import dice

KEY = b"an account's key"
PRIOR = Filter.shipped()
WORDS = ("chair", "prize", "claim now", "where is my parcel", "http://x.top/w", "δώρο", "5000", "ok")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ham", "spam", "spam", "unmark", "forget"]),
        st.integers(0, 3),
        st.integers(0, 6),
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
    ),
    max_size=14,
)
Left = dict[tuple[int, int], tuple[str, bool]]
TEXT = "claim your free prize now, chair http://x.top/w"


class Forgetful(Marks):
    """The mutant: when a contact is forgotten, one count is not taken down."""

    def forget(self, contact: object) -> int:
        """Leave one feature in."""
        before = dict(self.counts)
        gone = super().forget(contact)
        for number in sorted(before.keys() - self.counts.keys())[:1]:
            self.counts[number] = before[number]
        return gone


def counts_of(filter_: Taught) -> bytes:
    """What stands behind the prior's bytes, without writing those anew each time."""
    return b"" if filter_.marks.empty else countsfile.pack({}, filter_.marks.counts)


def carried_out(steps: Iterable[tuple[str, int, int, str]], marks: Marks) -> tuple[Taught, Left]:
    """A filter after a history, and the marks that are left of it."""
    filter_ = Taught(PRIOR, KEY, marks)
    left: Left = {}
    for action, contact, text_id, text in steps:
        if action == "forget":
            filter_.marks.forget(contact)
            left = {key: value for key, value in left.items() if key[0] != contact}
        elif action == "unmark":
            if (contact, text_id) in left:
                filter_.marks.unlearn(contact, text_id)
                del left[contact, text_id]
        else:
            filter_.learn(contact, text_id, text, spam=action == "spam")
            left[contact, text_id] = (text, action == "spam")
    return filter_, left


def afresh(left: Left, seed: int) -> Taught:
    """A filter that was only ever told what is left, in another order."""
    filter_, items = Taught(PRIOR, KEY), list(left.items())
    random.Random(seed).shuffle(items)
    for (contact, text_id), (text, spam) in items:
        filter_.learn(contact, text_id, text, spam=spam)
    return filter_


@settings(max_examples=1000, deadline=None)
@given(STEPS, st.integers(0, 2**16))
def test_after_any_history_the_counts_are_as_if_what_is_gone_never_was(
    steps: list[tuple[str, int, int, str]], seed: int
) -> None:
    filter_, left = carried_out(steps, Marks())
    assert counts_of(filter_) == counts_of(afresh(left, seed))
    for contact in range(4):
        filter_.marks.forget(contact)
    assert filter_.marks.empty


def test_the_bytes_are_as_if_the_contact_had_never_written() -> None:
    steps = [("spam", 0, 1, TEXT), ("ham", 1, 1, "where is my parcel"), ("ham", 0, 1, TEXT), ("spam", 2, 9, "δώρο")]
    filter_, left = carried_out(steps, Marks())
    filter_.marks.forget(0)
    others = {key: value for key, value in left.items() if key[0] != 0}
    assert filter_.to_bytes() == afresh(others, 3).to_bytes() != PRIOR.to_bytes()
    filter_.marks.forget(1)
    filter_.marks.forget(2)
    assert filter_.to_bytes() == SHIPPED.read_bytes()


def test_one_decrement_that_is_skipped_is_noticed() -> None:
    steps = [("spam", 0, 1, TEXT), ("ham", 1, 1, "where is my parcel"), ("forget", 0, 0, "")]
    broken, left = carried_out(steps, Forgetful())
    assert counts_of(broken) != counts_of(afresh(left, 0))
    assert broken.to_bytes() != afresh(left, 0).to_bytes()


def test_a_mark_is_served_by_the_next_score_and_taken_back_by_the_one_after() -> None:
    filter_, other = Taught(PRIOR, KEY), Taught(PRIOR, KEY)
    text = "your astrology reading is ready, ask for it today"
    before = filter_.margins([text])
    for each in range(4):
        filter_.learn(each, 0, text, spam=True)
    assert filter_.margins([text])[0] > before[0] + 1
    assert other.margins([text]) == before == PRIOR.margins([text])  # accounts learn apart
    for each in range(4):
        filter_.learn(each, 0, text, spam=False)
    assert filter_.margins([text])[0] < before[0]
    for each in range(4):
        assert filter_.marks.forget(each) == 1
    assert filter_.margins([text]) == before


def test_one_contact_teaches_no_more_than_a_few_texts_worth() -> None:
    loud, fair, crowd = Taught(PRIOR, KEY), Taught(PRIOR, KEY), Taught(PRIOR, KEY)
    for each in range(100):
        loud.learn("one", each, TEXT, spam=False)
        crowd.learn(each, 0, TEXT, spam=False)
    for each in range(MOST):
        fair.learn("one", each, TEXT, spam=False)
    assert loud.to_bytes() == fair.to_bytes()
    assert crowd.margins([TEXT])[0] < loud.margins([TEXT])[0]  # the control: many contacts do count


def test_what_was_never_learnt_is_a_clear_answer() -> None:
    marks = Marks()
    assert marks.forget("nobody") == 0
    with pytest.raises(NeverLearntError):
        marks.unlearn("nobody", 1)
    marks.put("somebody", {1: Label(array("I", [3]), spam=True)})
    with pytest.raises(NeverLearntError):
        marks.unlearn("somebody", 2)
    assert marks.texts == (0, 1)


def test_a_file_of_counts_says_no_word_and_neither_its_key(tmp_path: Path) -> None:
    filter_ = Taught(PRIOR, KEY)
    filter_.learn(1, 1, "zanzibar sundial", spam=True)
    filter_.save(tmp_path / "a")
    data = (tmp_path / "a").read_bytes()
    assert data.startswith(SHIPPED.read_bytes())
    assert not any(word in data for word in (b"zanzibar", b"sundial", KEY, KEY.hex().encode()))
    again, counts = Taught.read(tmp_path / "a", KEY)
    assert counts == filter_.marks.counts
    assert again.head == filter_.head
    assert set(Taught(PRIOR, b"other").numbers("zanzibar")) != set(filter_.numbers("zanzibar"))


def test_a_damaged_or_foreign_file_of_counts_is_refused(tmp_path: Path) -> None:
    filter_ = Taught(PRIOR, KEY)
    filter_.learn(1, 1, TEXT, spam=True)
    data, path = filter_.to_bytes(), tmp_path / "a"
    chance, start = dice("damaged counts"), len(SHIPPED.read_bytes())
    for place in (*range(start, start + 40), *(chance.randrange(start, len(data)) for _ in range(30)), len(data) - 1):
        flipped = bytearray(data)
        flipped[place] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
        with pytest.raises(ModelFileError):
            Taught.read(path, KEY)
    path.write_bytes(data)
    with pytest.raises(ModelFileError, match="another key"):
        Taught.read(path, b"another account's")
    assert Taught.read(path, KEY)[1] == filter_.marks.counts  # the control


def test_learning_from_any_text_is_possible() -> None:
    filter_ = Taught(PRIOR, KEY)
    for each, text in enumerate(("", "\ud800", "a" * 10_000, "\n".join("letters" * 900), "\x00\x01\x02")):
        filter_.learn(each, 0, text, spam=True)
        assert 0 <= filter_.score_many([text])[0] <= 1
