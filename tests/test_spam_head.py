"""Claims about the head: it is a function of the labels kept, and the line it draws holds on what comes next."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.spam.figures import calibration_error
from bench.spam.online import stretches
from spam import Filter, Taught, countsfile, evaluation
from spam.filter import SHIPPED
from spam.head import ScoringHead, prior_margin, prior_number
from spam.retraining import fit_head, margins, tail

KEY = b"an account's key"
PRIOR = Filter.shipped()
SOON = ScoringHead(enough=3)
SEED = 20_261_129
"""Fixed, as a share is asserted: another draw may lie on the other side of it."""
KINDS = {
    "notes": ("dinner home mum bus late sorry love tomorrow sleep film walk rain", "prize claim winner cash code"),
    "comments": ("song video voice dance love best year watch part time heart", "channel subscribe check visit page"),
    "support": (
        "card refund account order delivery invoice pin transfer bank code late",
        "bitcoin invest profit crypto",
    ),
}
STEPS = st.lists(
    st.tuples(st.sampled_from(["ham", "spam", "forget"]), st.integers(0, 5), st.integers(0, 30), st.integers(0, 9)),
    min_size=1,
    max_size=30,
)


def texts(kind: str, count: int, seed: int, spam_share: float = 0.2) -> list[tuple[str, bool]]:
    """Made-up texts of a kind; ham has a word of spam now and then, and the other way round."""
    chance = random.Random(f"{kind} {seed}")
    ham, spam = (words.split() for words in KINDS[kind])
    found = []
    for _ in range(count):
        is_spam = chance.random() < spam_share
        likely, rarely = (spam * 3 + ham, ham) if is_spam else (ham * 8 + spam, ham)
        found.append((" ".join(chance.choices(likely, k=7) + chance.choices(rarely, k=2)), is_spam))
    return found


def learnt(examples: list[tuple[str, bool]], *, shuffle: int | None = None, base: ScoringHead = SOON) -> Taught:
    """A filter that was told examples, each of a contact of its own, in their order or another."""
    known = evaluation.begin(cold=True, base=base)
    numbered = list(enumerate(examples))
    if shuffle is not None:
        random.Random(shuffle).shuffle(numbered)
    for number, (text, spam) in numbered:
        known.learn(number, number, text, spam=spam)
    known.settle()
    return known


def test_the_head_does_not_depend_on_the_order_of_marks() -> None:
    examples = texts("notes", 120, 1)
    one, other = learnt(examples), learnt(examples, shuffle=4)
    assert one.head == other.head
    assert one.head.line is not None
    assert one.to_bytes() == other.to_bytes()
    assert learnt(texts("notes", 120, 2)).head != one.head  # the control


def behind(known: Taught) -> bytes:
    """What stands behind the prior's bytes, without writing those anew each time."""
    known.settle()
    return b"" if known.marks.empty else countsfile.pack({"head": known.head.plain()}, known.marks.counts)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_after_any_history_the_file_is_as_if_what_is_gone_never_was(steps: list[tuple[str, int, int, int]]) -> None:
    pool = [text for text, _ in texts("notes", 10, 3)]
    known = Taught(PRIOR, KEY, base=SOON)
    left: dict[tuple[int, int], tuple[str, bool]] = {}
    for action, contact, text_id, which in steps:
        if action == "forget":
            known.marks.forget(contact)
            left = {key: value for key, value in left.items() if key[0] != contact}
        else:
            known.settle()
            known.learn(contact, text_id, pool[which], spam=action == "spam")
            left[contact, text_id] = (pool[which], action == "spam")
    afresh = Taught(PRIOR, KEY, base=SOON)
    for (contact, text_id), (text, spam) in sorted(left.items(), reverse=True):
        afresh.learn(contact, text_id, text, spam=spam)
    assert behind(known) == behind(afresh)


def test_a_head_that_still_knows_who_is_gone_is_noticed() -> None:
    known = learnt(texts("notes", 120, 1))
    before = known.head
    known.marks.forget(7)
    assert known.head == before  # the counts are served at once, the head is settled by the sweep
    known.use(before)  # the mutant: never settled again
    afresh = learnt([each for at, each in enumerate(texts("notes", 120, 1)) if at != 7])
    assert known.to_bytes() != afresh.to_bytes()


def test_erasing_everybody_gives_back_the_prior() -> None:
    known = Taught(PRIOR, KEY, base=SOON)
    for at, (text, spam) in enumerate(texts("notes", 60, 1)):
        known.learn(at, at, text, spam=spam)
    assert known.to_bytes() != SHIPPED.read_bytes()
    for at in range(60):
        known.marks.forget(at)
    assert known.to_bytes() == SHIPPED.read_bytes()
    assert known.head == SOON


def test_each_label_is_judged_without_its_contact() -> None:
    examples = [("red fox", False), ("blue hen", True), ("red hen", False), ("blue fox", True), ("green fox", False)]
    for at, (text, _) in enumerate(examples):
        whole = learnt(examples, base=ScoringHead())
        judged = margins(whole.marks, whole.head)[at][0]
        others = learnt([each for other, each in enumerate(examples) if other != at], base=ScoringHead())
        others.use(replace(whole.head, bias=0.0))
        bias = whole.head.bias * whole.head.reached(*whole.marks.texts)
        assert others.margins([text])[0] + bias == pytest.approx(judged)


def test_many_marks_of_one_contact_weigh_no_more_than_a_few() -> None:
    examples = texts("notes", 60, 1)
    loud, fair = learnt(examples), learnt(examples)
    for known, count in ((loud, 50), (fair, 5)):
        for at in range(count):
            known.learn("loud", 1000 + at, "rain walk prize", spam=False)
    assert fit_head(loud.marks, SOON) == fit_head(fair.marks, SOON)


def test_a_larger_share_of_ham_lowers_the_line() -> None:
    marks = learnt(texts("notes", 400, 1)).marks
    assert fit_head(marks, SOON).line != SOON.strict  # the control: these texts are of one kind
    lines = [fit_head(marks, SOON, held=held).line or 0.0 for held in (0.0005, 0.002, 0.01, 0.1)]
    assert lines == sorted(lines, reverse=True)
    assert len(set(lines)) == len(lines)


def test_the_admins_share_is_in_the_file_and_changes_the_line() -> None:
    known = learnt(texts("notes", 400, 1))
    before = known.hold
    known.aim(0.05)
    known.settle()
    assert known.head.held == 0.05
    assert known.hold < before


def test_with_few_marks_of_ham_the_stricter_bound_holds() -> None:
    known = Taught(Filter.shipped(), KEY)
    assert known.hold == known.prior.hold
    for at, (text, spam) in enumerate(texts("notes", 150, 1)):
        known.learn(at, at, text, spam=spam)
    known.settle()
    assert known.head.line is None
    assert known.hold == pytest.approx(0.982, abs=0.001)  # log-odds 4


def test_a_head_that_was_given_is_left_alone_and_comes_back_from_its_plain_form() -> None:
    known = learnt(texts("notes", 60, 1))
    given = replace(known.head, line=1.25, prior=0.5)
    known.use(given)
    known.learn("new", 99, "rain", spam=False)
    known.settle()
    assert known.head == given == ScoringHead.of(given.plain())


@pytest.mark.parametrize(
    "change",
    [{"weights": [1.0]}, {"bias": float("nan")}, {"line": float("inf")}, {"more": 1}, {"held": "x"}, {"weights": None}],
)
def test_a_head_that_is_none_is_refused(change: dict[str, object]) -> None:
    ScoringHead.of(ScoringHead().plain())  # the control
    with pytest.raises((TypeError, ValueError)):
        ScoringHead.of(ScoringHead().plain() | change)


def test_labels_that_one_word_tells_apart_do_not_drive_weights_away() -> None:
    known = learnt([("sun", False), ("moon", True)] * 40)
    assert max(map(abs, (*known.head.weights, known.head.bias))) < 20


def test_a_label_keeps_the_priors_margin_in_quarters() -> None:
    for margin in (-99.0, -16.0, -3.3, 0.0, 1.26, 16.0, 99.0):
        assert abs(prior_margin(prior_number(margin)) - max(-16, min(16, margin))) <= 0.125


def test_a_tail_is_read_off_what_is_far_out() -> None:
    chance = random.Random(5)
    ham = [chance.expovariate(1.0) for _ in range(4000)]
    assert tail(ham, 0.002) == pytest.approx(6.2, abs=0.6)  # log 500
    assert tail(ham, 0.002, sure=1.0) > tail(ham, 0.002)
    assert tail(ham, 0.5) == pytest.approx(0.69, abs=0.1)
    assert tail([1.0, 2.0], 0.002) >= 2.0


def kinds(seed: int) -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    """One kind of text after another; the last has no spam, as support questions."""
    yield "notes", texts("notes", 700, seed)
    yield "comments", texts("comments", 700, seed)
    yield "support", texts("support", 700, seed, spam_share=0.0)


def test_little_ham_is_held_when_people_begin_to_write_of_other_things() -> None:
    print(f"seed {SEED}")
    early = late = ham = 0
    for turn in range(2):
        known = evaluation.begin(cold=True, base=ScoringHead(held=0.005))
        for each in stretches(list(kinds(SEED + turn)), known, 100):
            print(each)
            early, late, ham = early + each.early_held, late + each.held, ham + each.ham
            assert not each.spam or each.caught > each.spam / 3
    print(f"held of the first 200 of each stretch {early}, after {late} of {ham}")
    assert late <= 0.005 * ham + 4  # three standard deviations, were it exactly half a percent


def test_scores_are_calibrated_after_the_first_fifth_of_a_stream() -> None:
    stream = texts("notes", 1000, SEED)
    known = evaluation.begin(cold=True)
    scored, _ = evaluation.online_scores(known, stream)
    spam = [each for _, each in stream]
    assert calibration_error(scored[200:], spam[200:]) <= 0.03
    assert calibration_error([(margin + 3, held) for margin, held in scored[200:]], spam[200:]) > 0.03  # the control
