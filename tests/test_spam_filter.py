"""Claims about the shipped filter and about scoring."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.texts import sentence
from spam import Filter, Verdict
from spam.features import Reader, Reading, _summed, _take_apart

SPAM = [
    "WINNER!! You have been selected to receive a £900 prize. Call 09061701461 now to claim",
    "Earn $5000 a week from home, guaranteed! Join now http://quick-money.top/w",
    "Check out my channel and subscribe, I sub back everyone!! www.mychannel.tv",
    "Cheap Viagra and Cialis without prescription, order today and save 80%",
    "FREE entry in our weekly draw, text WIN to 87121 to receive your free tickets",
    "We can get you 10k followers in 24 hours for only $15! www.followers-now.shop",
]
HAM = [
    "Hello, when will my order arrive? I ordered two chairs last week",
    "I was charged twice, can I get a refund please?",
    "Can you call me back on +30 210 1234567 after 5pm?",
    "my email is maria@example.com and the order number is 55821",
    "Καλησπέρα, πότε θα έρθει η παραγγελία μου;",
    "Θα ήθελα να αλλάξω τη διεύθυνση παράδοσης, γίνεται;",
    "Wann kommt meine Bestellung an? Ich warte schon zwei Wochen.",
    "Bonjour, je voudrais changer l'adresse de livraison de ma commande",
    "Hola, ¿me pueden decir cuándo llega mi pedido?",
    "ご注文はいつ届きますか。",
    "Здравствуйте, когда придёт мой заказ?",
]
SHORT = [
    "",
    "hi",
    "ok thanks",
    "ok",
    "?",
    "👍",
    "yes please",
    "γεια",
    "can I have your phone number?",
    "free?",
]
HOSTILE = [
    "\ud800",
    "a\udfffb" * 50,
    "\x00\x01\x02\x7f",
    "\x01link \x01money free",
    "a" * 10_000,
    "1" * 10_000,
    "a1" * 5_000,
    "@." * 5_000,
    "www." * 2_500,
    "(((1 " * 2_000,
    "аa" * 5_000,
    "\n".join("letters" * 1_000),
    "e" + "\u0301" * 9_999,
    "\u200b" * 10_000,
    "😀" * 10_000,
    "\u202eevil\u202c",
    "=?x?\xff\xfe" * 500,
]


@pytest.fixture(scope="module")
def shipped() -> Filter:
    return Filter.shipped()


@pytest.mark.parametrize("text", SPAM)
def test_plain_spam_is_held(shipped: Filter, text: str) -> None:
    assert shipped.verdict(shipped.score_many([text])[0]) is Verdict.SPAM


@pytest.mark.parametrize("text", HAM)
def test_what_customers_ask_is_not_held(shipped: Filter, text: str) -> None:
    assert shipped.verdict(shipped.score_many([text])[0]) is not Verdict.SPAM


@pytest.mark.parametrize("digits", range(1, 10))
def test_a_question_with_an_orders_number_is_not_held_however_long_it_is(shipped: Filter, digits: int) -> None:
    asked = [sentence(10 ** (digits - 1) * each + 2) for each in range(1, 9)]
    asked += [sentence(10 ** (digits - 1) + each) for each in range(8)]
    assert [shipped.verdict(score) for score in shipped.score_many(asked)].count(Verdict.SPAM) == 0
    (spam,) = shipped.score_many([SPAM[0].replace("09061701461", "1" * digits)])
    assert shipped.verdict(spam) is Verdict.SPAM  # the control


@pytest.mark.parametrize("text", SHORT)
def test_a_short_text_is_never_held(shipped: Filter, text: str) -> None:
    assert shipped.verdict(shipped.score_many([text])[0]) is not Verdict.SPAM


def test_too_few_words_are_not_held_even_where_the_model_is_sure(shipped: Filter) -> None:
    text = "subscribe! subscribe!"
    assert shipped.margins([text])[0] > 0  # the control: the model alone would
    assert shipped.verdict(shipped.score_many([text])[0]) is Verdict.UNSURE


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_gets_a_probability(shipped: Filter, text: str) -> None:
    (score,) = shipped.score_many([text])
    assert 0 <= score <= 1
    assert all(isinstance(token, str) for token, _ in shipped.explain(text))


def test_a_text_cannot_forge_a_kind(shipped: Filter) -> None:
    assert shipped.margins(["\x01money \x01link"]) == shipped.margins(["money link"])


def test_a_batch_scores_like_its_texts(shipped: Filter) -> None:
    texts = SPAM + HAM + SHORT
    assert shipped.score_many(texts) == [shipped.score_many([text])[0] for text in texts]


def test_a_score_does_not_depend_on_what_was_scored_before(shipped: Filter) -> None:
    before = shipped.score_many(SPAM + HAM)
    shipped.forget()
    assert shipped.score_many(list(reversed(SPAM + HAM))) == before[::-1]


def test_what_was_scored_can_be_forgotten() -> None:
    filter_ = Filter.shipped()
    filter_.score_many(["zanzibar sundial"])
    assert "zanzibar" in repr(vars(filter_) | vars(filter_._reader))
    filter_.forget()
    assert "zanzibar" not in repr(vars(filter_) | vars(filter_._reader))


def test_what_one_met_is_not_anothers_though_both_have_the_weights_that_were_read_once() -> None:
    one, other = Filter.shipped(), Filter.shipped()
    one.score_many(["zanzibar sundial"])
    assert one.weights is other.weights
    assert "zanzibar" in repr(vars(one) | vars(one._reader))
    assert "zanzibar" not in repr(vars(other) | vars(other._reader))


def test_memory_is_bounded() -> None:
    filter_ = Filter.shipped()
    filter_.score_many([f"w{number:x}q v{number:x}z" for number in range(21_000)])
    assert max(len(filter_._words), len(filter_._reader._met)) <= 20_000


def test_the_explanation_adds_up_to_the_score(shipped: Filter) -> None:
    for text in [*SPAM, *HAM]:
        share = sum(weight for _, weight in shipped.explain(text))
        assert shipped.terms.bias + share == pytest.approx(shipped.margins([text])[0])


def test_the_explanation_names_words_but_no_private_thing(shipped: Filter) -> None:
    tokens = [token for token, _ in shipped.explain("Claim your prize now, call 09061701461 or a.b@example.com")]
    assert {"prize", "[phone]", "[mail]"} <= set(tokens)
    assert not any("example" in token or "0906" in token for token in tokens)


def test_scoring_loads_neither_scikit_learn_nor_numpy() -> None:
    code = (
        "import sys; from spam import Filter;"
        "f = Filter.shipped(); f.explain('x'); f.score_many(['hi']);"
        "print(sorted({'sklearn', 'scipy', 'numpy'} & set(sys.modules)))"
    )
    control = code.replace("import sys;", "import sys, spam.training;")
    assert _run(code) == "[]"
    assert "sklearn" in _run(control)


def _run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


@settings(max_examples=1000)
@given(st.text("0123456789.,:;/()+-$%!?#@'\"*&=|~", min_size=1, max_size=12))
def test_of_a_bare_number_only_the_shape_counts(chunk: str) -> None:
    words, signs, traits = _take_apart(chunk)
    assert Reader().read(chunk) == Reading(words, signs, _summed(traits, len(chunk), len(words)))
