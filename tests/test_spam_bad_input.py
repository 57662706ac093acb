"""Claims about labelled files nobody should have to read: each gets one clear line, and a large one is read."""

from pathlib import Path

import pytest

from chat.__main__ import main
from spam import Filter, evaluation, labelled
from spam.labelled import LabelledFileError
from spam.training import fit


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"text\tlabel\nhello\tham\n", "line 1: a label is ham or spam, not 'text'"),
        (b"label,text\nham,hello\n", "line 1: a label, a tab"),
        (b"ham\thello\n\nHAM\tagain\n", "line 3: a label is ham or spam, not 'HAM'"),
        (b"1\thello\n", "not '1'"),
        ("ham\tκαλημέρα\n".encode("iso8859-7"), "not UTF-8"),
        ("ham\thello\n".encode("utf-16"), "not UTF-8"),
        (b"\x00\x01\x02\xff\xfe", "not UTF-8"),
        (b"PK\x03\x04\n\n", "line 1: a label, a tab"),
        (b"ham\t\xed\xa0\x80\n", "not UTF-8"),
        (b"\n\n \n", "no labelled text"),
        (("x" * 5000 + "\n").encode(), "line 1: a label, a tab"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "bad.tsv").write_bytes(data)
    with pytest.raises(LabelledFileError) as raised:
        labelled.read(tmp_path / "bad.tsv")
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 150


def test_marks_of_order_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_bytes(b"\xef\xbb\xbflabel\ttext\r\nham\thello\tyou\r\nspam\t\r\n")
    assert labelled.read(tmp_path / "a.tsv") == [("hello\tyou", False), ("", True)]


def test_doubles_with_opposite_labels_leave_nothing_to_train_on(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("ham\tboth\nspam\tboth\n" * 10)
    with pytest.raises(LabelledFileError, match="one kind only"):
        labelled.for_training(tmp_path / "a.tsv")


def test_one_kind_alone_can_be_measured_and_not_learnt_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ham.tsv").write_text("ham\thello there\nham\twhere is my chair\n")
    made = evaluation.evaluate(tmp_path / "ham.tsv")
    assert (made["ham_blocked"], made["spam_caught"], made["auc"]) == (0.0, None, None)
    assert evaluation.evaluate(tmp_path / "ham.tsv", online=True, cold=True)["n"] == 2
    assert main(["spam", "evaluate", str(tmp_path / "ham.tsv"), "--train", str(tmp_path / "ham.tsv")]) == 1
    assert "one kind only" in capsys.readouterr().err


def test_too_few_of_a_kind_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.tsv").write_text("ham\ta b\nham\tc d\nspam\te f\n")
    where = str(tmp_path / "a.tsv")
    assert main(["spam", "evaluate", where, "--train", where, "--cold"]) == 1
    assert "at least 5" in capsys.readouterr().err


def test_a_million_lines_are_read_and_more_than_two_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.tsv").write_text("ham\thello\nspam\twin\n" * 500_000)
    assert len(labelled.read(tmp_path / "a.tsv")) == 1_000_000
    assert labelled.for_training(tmp_path / "a.tsv") == ([("hello", False), ("win", True)], 0)
    monkeypatch.setattr(labelled, "MOST", 999_999)
    with pytest.raises(LabelledFileError, match="more than 999,999 lines"):
        labelled.read(tmp_path / "a.tsv")


def test_odd_texts_can_be_trained_on() -> None:
    odd = ["", "\ud800 x", "a" * 10_000, "\n".join("letters" * 900), "\x00\x01\x02", "😀" * 300]
    plain = [f"hello there number {at}" for at in range(10)]
    known = fit(odd + plain, [True] * len(odd) + [False] * len(plain))
    assert all(0 <= score <= 1 for score in known.score_many(odd + plain))
    assert Filter.from_bytes(known.to_bytes()).margins(odd) == known.margins(odd)
