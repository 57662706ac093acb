"""Claims about disguises and masks: what a spammer hides is found, what is private is not read."""

import random
import unicodedata

import pytest

from bench.spam.attacks import ATTACKS
from spam import Filter, Taught, Verdict, lookalikes
from spam.disguising import reworded
from spam.kinds import MARK
from spam.reading import Reader
from tests.test_spam_filter import SPAM

SEED = random.randrange(2**32)
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
    print(f"seed {SEED}")
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


def test_what_meets_in_a_text_is_a_trait_in_any_words() -> None:
    traits = Reader().read("ΔΩΡΟ!! kazandiniz £900, 0906 170 1461").traits
    assert {"a money 1", "a phone 1", "a money + a phone", "a phone + shouted"} <= set(traits)
    assert not [trait for trait in Reader().read("kazandiniz, call me").traits if "+" in trait or "a " in trait]


def test_a_reworded_copy_keeps_what_any_language_says_and_takes_its_words_from_ham() -> None:
    ham = ["kalimera sas pou ine to magazi", "wanneer opent de winkel", "saya mau bertanya ke toko"]
    spam = ["WINNER! Claim your prize at www.prize.com or call 09061701461 now, only £5"] * 20
    copies, labels = reworded(ham + spam, [False] * 3 + [True] * 20, 1.0)
    assert labels == [False] * 3 + [True] * 20
    assert all({"www.prize.com", "09061701461", "£5"} <= set(copy.split()) for copy in copies[3:])
    words = {word for copy in copies[3:] for word in copy.split()}
    assert words & {"winkel", "bertanya"}
    assert copies[3:].count(spam[0]) == 0


def test_spam_in_words_that_are_not_known_is_caught_by_its_shape(shipped: Filter) -> None:
    spam = [
        "TEBRIKLER!! £1000 kazandiniz! Hemen 09061701461 arayin, kod 80082 ya da www.odul-kazan.com",
        "FELICITARI!! ati castigat £500! Sunati ACUM 09058094565 sau trimiteti DA la 85069. www.premiu.net",
    ]
    ham = ["toplanti yarin saat 10 da basliyor unutma lutfen", "siparisim 12345 hala gelmedi, ne zaman gelir acaba?"]
    assert all(shipped.verdict(score) is Verdict.SPAM for score in shipped.score_many(spam))
    assert all(shipped.verdict(score) is not Verdict.SPAM for score in shipped.score_many(ham))  # the control
