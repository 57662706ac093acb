"""Claims about disguises and masks: what a spammer hides is found, what is private is not read."""

import random
import unicodedata

import pytest

from bench.spam.attacks import ATTACKS
from spam import Filter, Taught, Verdict, lookalikes
from spam.features import Reader
from spam.kinds import MARK
from tests.test_spam_filter import SPAM

SEED = 20_261_129
"""Fixed, as a share is asserted: another draw may lie on the other side of it."""
MORE = [
    "Congratulations! You won a free phone, call 09061701461 now to claim your prize before Friday",
    "Subscribe to my channel and check out my new video, I will sub back! www.mychannel.tv/abc",
    "URGENT! Your mobile number was awarded a £2000 bonus prize, text CLAIM to 80082 to receive it",
    "Make money online from home, $500 a day guaranteed, visit http://www.easy-cash.com/join today",
]
PRIVATE = ["maria", "papadopoulou", "zanzibar", "6912345678", "4111", "1111", "example", "gr16", "0110"]


@pytest.fixture(scope="module")
def shipped() -> Filter:
    return Filter.shipped()


@pytest.mark.parametrize("name", ATTACKS)
def test_spam_is_still_caught_in_disguise(shipped: Filter, name: str) -> None:
    """The prior learnt from other disguises, made by another generator."""
    plain = SPAM + MORE
    assert all(shipped.verdict(score) is Verdict.SPAM for score in shipped.score_many(plain))
    chance = random.Random(SEED)
    sent = [ATTACKS[name](text, chance) for text in plain for _ in range(5)]
    caught = [shipped.verdict(score) is Verdict.SPAM for score in shipped.score_many(sent)]
    assert sum(caught) >= 0.75 * len(sent), [text for text, was in zip(sent, caught, strict=True) if not was]


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        ("ѕubѕсrіbе", "subscribe"),
        ("ＦＲＥＥ", "free"),
        ("𝐟𝐫𝐞𝐞", "free"),
        ("f\u200br\u200de\ufeffe", "free"),
        ("f̷r̶é̂e", "free"),
        ("f r e e", "free"),
        ("f.r.e.e", "free"),
        ("fr33ly", "freely"),
        ("ch@nnel", "channel"),
        ("с𝗁аոոеӏ m", "channel"),
        ("taκe", "take"),
    ],
)
def test_a_word_is_read_through_its_disguise(sent: str, word: str) -> None:
    assert word in Reader().read(f"well {sent}").words


@pytest.mark.parametrize("text", ["Καλησπέρα, πού είναι η παραγγελία μου;", "Привет, где мой заказ?", "注文はいつ"])
def test_a_text_in_its_own_script_is_not_taken_for_a_disguise(text: str) -> None:
    read = Reader().read(text)
    assert not [trait for trait in read.traits if "lookalike" in trait]
    assert not any(word.isascii() and word.isalpha() for word in read.words)


def test_hello_is_no_leet() -> None:
    for text in ("Hello!", "ok!!", "I'm here!", "windows8", "4pm", "1st", "3rd", "£5", "AB1045X", "maria@home"):
        assert not [trait for trait in Reader().read(text).traits if "leet" in trait], text


def test_letters_that_look_alike_are_unicodes() -> None:
    table = lookalikes.fold_table()
    assert len(table) > 300
    assert all(unicodedata.category(chr(code))[0] == "L" and code > 127 for code in table)
    said = {"а": [{"c": "a", "n": "LATIN SMALL LETTER A"}], "К": [{"c": "K", "n": "LATIN CAPITAL LETTER K"}], "д": []}
    assert lookalikes._folds(said) == {"а": "a", "А": "A", "К": "K", "к": "k"}


@pytest.mark.parametrize(
    "text",
    [
        "Hi my name is Maria Papadopoulou and I wait for a parcel",
        "Dear Mrs Zanzibar, your card 4111 1111 1111 1111 is ready",
        "με λένε Maria, το κινητό μου είναι 6912345678",
        "write to maria@example.com or call +30 691 234 5678",
        "IBAN GR16 0110 1250 0000 0001 2300 695, ich heiße Zanzibar",
    ],
)
def test_what_is_private_is_not_read_as_itself(text: str) -> None:
    read = Reader().read(text)
    assert not [word for word in read.words + read.signs if any(part in word.casefold() for part in PRIVATE)]
    assert [word for word in read.words if word[0] == MARK]


def test_another_name_or_number_makes_no_other_features() -> None:
    known = Taught(Filter.shipped(), b"key")
    one = "Hello, my name is Maria. Call 6912345678 or a.b@example.com, card 4111 1111 1111 1111"
    other = "Hello, my name is Zanzibar. Call 6987654321 or c.d@elsewhere.org, card 5500 0000 0000 0004"
    assert known.numbers(one) == known.numbers(other)
    assert known.numbers(one) != known.numbers(one.replace("Hello", "Goodbye"))  # the control
