"""Claims about measuring and classifying: over the command line, over REST, and what a bad file is told."""

import json
from pathlib import Path

import pytest

from chat.__main__ import main
from spam import evaluation, labelled
from spam.labelled import LabelledFileError
from tests.inside import Served, found, problem_of
from tests.test_spam_training import HAM, SPAM

PRIZE = "WINNER!! You have been selected to receive a £900 prize. Call 09061701461 now to claim"


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A file to learn from and one to measure on."""
    for name, part in (("train", slice(None, None, 2)), ("test", slice(1, None, 2))):
        lines = [f"{kind}\t{text}" for kind, texts in (("ham", HAM), ("spam", SPAM)) for text in texts[part]]
        (tmp_path / f"{name}.tsv").write_text("\n".join(["label\ttext", *lines, ""]), encoding="utf-8")
    return str(tmp_path / "train.tsv"), str(tmp_path / "test.tsv")


@pytest.mark.parametrize("how", [[], ["--train"], ["--train", "--cold"], ["--online"], ["--online", "--cold"]])
def test_a_file_is_measured_in_every_way(
    files: tuple[str, str], how: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    train, test = files
    options = [option for each in how for option in ((each, train) if each == "--train" else (each,))]
    assert main(["spam", "evaluate", test, *options, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    rates = {"spam_caught", "ham_blocked", "mcc", "auc", "caught_at_fpr", "us_per_message"}
    assert set(made) == {"n", "spam", "ham", *rates}
    assert (made["n"], made["spam"], made["ham"]) == (35, 15, 20)
    assert set(made["caught_at_fpr"]) == {"0.001", "0.002", "0.005"}


def test_the_figures_are_those_of_a_small_case_done_by_hand() -> None:
    scored = [(3.0, True), (1.0, False), (2.0, True), (0.0, False)]
    made = evaluation.figures(scored, [True, True, False, False])
    assert (made["spam_caught"], made["ham_blocked"], made["mcc"], made["auc"]) == (0.5, 0.5, 0.0, 0.75)
    assert made["caught_at_fpr"]["0.001"] == 0.5
    one_kind = evaluation.figures([(1.0, True)], [True])
    assert (one_kind["auc"], one_kind["ham_blocked"], one_kind["mcc"]) == (None, None, 0.0)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no labelled text"),
        (b"label\ttext\n", "no labelled text"),
        (b"ham hello\n", "line 1: a label, a tab"),
        (b"ham\thello\nmaybe\tx\n", "line 2: a label is ham or spam"),
        (b"ham\t\xff\n", "not UTF-8"),
    ],
)
def test_a_bad_file_gets_one_line(tmp_path: Path, data: bytes, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.tsv").write_bytes(data)
    assert main(["spam", "evaluate", str(tmp_path / "bad.tsv")]) == 1
    printed = capsys.readouterr().err
    assert says in printed
    assert printed.count("\n") == 1


def test_a_missing_file_and_one_class_are_clear_answers(tmp_path: Path) -> None:
    with pytest.raises(LabelledFileError, match="cannot be read"):
        labelled.read(tmp_path / "none.tsv")
    (tmp_path / "ham.tsv").write_text("ham\thello\nham\tbye\n")
    with pytest.raises(LabelledFileError, match="one kind only"):
        labelled.for_training(tmp_path / "ham.tsv")


def test_a_text_with_both_labels_is_left_out_of_training(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("ham\thello\nspam\tboth\nham\tboth\nspam\twin\nspam\twin\n")
    assert labelled.for_training(tmp_path / "a.tsv") == ([("hello", False), ("win", True)], 1)


def test_texts_are_classified_with_what_decided(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spam", "classify", PRIZE, "hi", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["items"]
    assert (first["verdict"], second["verdict"]) == ("spam", "ham")
    assert "prize" in [each["token"] for each in first["why"]]
    assert main(["spam", "classify", "\udcff"]) == 1
    assert "not UTF-8" in capsys.readouterr().err


def test_training_without_labels_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LETHE_DATA", str(tmp_path))
    assert main(["migrate"]) == 0
    assert main(["spam", "train"]) == 0
    assert "No labels yet" in capsys.readouterr().out


@pytest.mark.anyio
async def test_the_filter_over_rest(app: Served) -> None:
    made = (await app.rest("POST", "/spam/classify", {"text": PRIZE})).json()
    assert made["verdict"] == "spam"
    assert set(made) == {"score", "verdict", "why"}
    assert (await app.rest("POST", "/spam/classify", {"text": ""})).json()["verdict"] == "ham"
    problem_of(await app.rest("POST", "/spam/classify", {"text": "a" * 10_001}), 413, "too_large")
    problem_of(await app.call("POST", "/api/v1/spam/classify", {"text": "a"}), 401, "unauthorized")
    model = (await app.rest("GET", "/spam/model")).json()
    assert model["labels"] == {"ham": 0, "spam": 0}
    other = await found(app.services, "Other", "owner@other.example")
    assert (await app.rest("GET", "/spam/model", house=other)).json()["account"] == other.made.account_id


def test_training_from_a_file_makes_a_version_and_a_second_time_learns_it_once(
    files: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LETHE_DATA", str(tmp_path))
    begun = ["init", "--account", "Shop", "--email", "owner@example.com", "--origin", "https://shop.example", "--json"]
    assert main(begun) == 0
    capsys.readouterr()
    labels = []
    for _ in range(2):
        assert main(["spam", "train", "--from", files[0], "--json"]) == 0
        (run,) = json.loads(capsys.readouterr().out)["runs"]
        labels.append((run["version"], run["state"], run["labels"]))
    assert labels == [(1, "done", 35), (2, "done", 35)]
    (tmp_path / "bad.tsv").write_text("ham hello\n")
    assert main(["spam", "train", "--from", str(tmp_path / "bad.tsv")]) == 1
    assert "line 1" in capsys.readouterr().err
