"""Claims about the filter's bench: it counts right, and runs on any folder of labelled files."""

import json
import random
from pathlib import Path
from statistics import mean

import pytest

from bench.spam import figures, peers, sets, unseen
from bench.spam.command import main
from bench.spam.daemons import Rspamd
from bench.spam.online import _stretch
from tests.test_spam_head import texts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Small files under the names that the bench reads."""
    made = {
        "sms_uci": texts("notes", 150, 1),
        "yt_psy": texts("comments", 40, 2),
        "yt_katy": texts("comments", 40, 3),
        "ham_banking77": texts("support", 60, 4, spam_share=0.0),
        "ham_rest8k": texts("support", 60, 5, spam_share=0.0),
        "sa_short": texts("notes", 60, 6),
        "synth_livechat_en": texts("support", 30, 7),
    }
    for name, examples in made.items():
        lines = ["label\ttext", *(f"{'spam' if spam else 'ham'}\t{text}" for text, spam in examples)]
        (tmp_path / f"{name}.tsv").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_scenes_run_and_says_what_was_tuned(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenes = ("paper", "stream", "quarantine", "prior")
    options = [option for scene in scenes for option in ("--scene", scene)]
    assert main(["--data", str(folder), "--quick", "--json", str(folder / "out.json"), *options]) == 0
    said = capsys.readouterr().out
    assert "What was tuned on what" in said
    assert "calibration error" in said
    assert set(json.loads((folder / "out.json").read_text())) == set(scenes)


def test_every_mail_filter_is_named_as_missing_or_tells_a_text_that_it_was_taught(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "domains").write_text("com\n")
    monkeypatch.setattr(Rspamd, "domains", tmp_path / "domains")
    assert {*peers.programs()} ^ {*peers.missing()} == {*peers.PROGRAMS}
    taught = texts("notes", 40, 8, spam_share=0.5)
    for name, judge in peers.programs().items():
        of = {
            kind: mean(
                score for (score, _), (_, spam) in zip(judge(taught, taught), taught, strict=True) if spam is kind
            )
            for kind in (True, False)
        }
        assert of[True] > of[False], name


def test_mail_filters_that_are_not_installed_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    names = ["bogofilter", "spamprobe", "CRM114", "SpamAssassin", "rspamd"]
    assert peers.missing() == names
    assert main(["--data", str(folder), "--quick", "--scene", "quarantine"]) == 0
    assert f"Not measured\n\n{', '.join(names)}\n" in capsys.readouterr().out
    assert not peers.programs()
    assert not peers.online_programs()


def test_a_folder_without_the_files_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--data", str(tmp_path)])
    assert left.value.code == 2
    assert "no sms_uci.tsv" in capsys.readouterr().err


def test_doubles_and_near_doubles_are_left_out() -> None:
    examples = [
        ("the red fox runs over the green hill", False),
        ("The red fox runs over the green HILL!", False),
        ("the red fox runs over one green hill", False),
        ("a hen sits", True),
        ("645", False),
        ("777", False),
    ]
    assert sets.single(examples) == [examples[0], examples[3], examples[4]]


def test_a_split_is_the_same_each_time_and_loses_nothing() -> None:
    examples = [(str(number), False) for number in range(100)]
    train, test = sets.cut(sets.shuffled(examples, 5))
    assert (len(train), len(test)) == (30, 70)
    assert sorted(train + test) == sorted(examples)
    assert sets.cut(sets.shuffled(examples, 5))[0] == train != sets.cut(sets.shuffled(examples, 6))[0]


def test_a_language_nobody_speaks_has_the_same_shape_and_addresses() -> None:
    text = "WINNER! Claim £900 at www.prize.com/x or mail me@prize.net, call 09061701461"
    ((changed, spam),) = unseen.foreign([(text, True)], 3)
    assert spam
    assert {"www.prize.com/x", "me@prize.net,", "£900", "09061701461"} <= set(changed.split())
    assert [len(word) for word in changed.split()] == [len(word) for word in text.split()]
    assert not {"claim", "call", "mail"} & set(changed.lower().split())


def test_calibration_is_right_for_cases_done_by_hand() -> None:
    sure = [(9.0, True)] * 4
    assert figures.calibration_error(sure, [True] * 4) < 0.001
    assert figures.calibration_error(sure, [True, True, False, False]) == pytest.approx(0.5, abs=0.001)
    fair = [(random.Random(3).uniform(-0.01, 0.01), False) for _ in range(100)]
    assert figures.calibration_error(fair, [True, False] * 50) < 0.01


def test_a_stretch_counts_its_first_two_hundred_apart() -> None:
    held = [True] * 3 + [False] * 197 + [True] + [False] * 99
    found = _stretch("a", [False] * 300, held)
    assert (found.early_ham, found.early_held, found.ham, found.held) == (200, 3, 100, 1)


def test_means_are_given_with_their_spread() -> None:
    assert figures.spread([1.0, 3.0]) == "2.00 ± 1.41"
    assert figures.spread([None, 1.0]) == "1.00"
    assert figures.spread([None]) == ""
