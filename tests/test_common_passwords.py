"""Common passwords do not pass, Greek ones neither, in Greek letters or in Latin ones; uncommon ones do."""

import pytest

from chat.core import greek
from chat.core.errors import InvalidField
from chat.team.actions import passwords

COMMON = [
    "1234567890",
    "1234567891",
    "qwertyuiop",
    "password123",
    "password1234",
    "Password123!",
    "1q2w3e4r5t",
    "q1w2e3r4t5",
    "iloveyou123",
    "basketball",
    "football123",
    "jennifer123",
    "1111111111",
    "abcdefghij",
    "letmein12345",
    "adminadmin",
    "administrator",
    "welcome123",
    "sunshine123",
    "princess123",
    "qwerty12345",
    "zaq12wsxcde3",
    "superman123",
    "michael1987",
    "starwars1977",
    "P@ssw0rd123",
    "trustno1234",
    "1qaz2wsx3edc",
    "aaaaaaaaaaaa",
]
GREEK = [
    "κωδικος123",
    "κωδικόςμου",
    "Κωδικός1234",
    "ολυμπιακος",
    "ΟΛΥΜΠΙΑΚΟΣ1",
    "παναθηναικος",
    "Παναθηναϊκός13",
    "θεσσαλονικη",
    "ΘΕΣΣΑΛΟΝΙΚΗ",
    "καλημέρα123",
    "Ελλάδα2024",
    "ελλαδα1821",
    "κωνσταντινος",
    "αικατερινη1",
    "σαγαπωπολυ",
    "πασσςορδ123",
    ";ςερτυθιοπ",
    "αααααααααα",
    "kwdikos123",
    "kodikos1234",
    "olympiakos7",
    "olumpiakos7",
    "panathinaikos",
    "thessaloniki1",
    "kalhmera123",
    "kalimera1234",
    "ellada2024",
    "sagapo2020",
    "kvdikow123",
    "diaxeiristis",
    "giorgos1985",
    "dimitris1990",
]
FINE = (
    "seven lamps over quiet water",
    "εφτά λάμπες πάνω από νερό",
    "ψαράς μολύβι κουρτίνα βροχή",
    "efta lampes pano apo nero",
    "gVx7-quartz-Umbria",
)


@pytest.mark.parametrize("password", [*COMMON, *GREEK])
def test_a_common_one_does_not_pass(password: str) -> None:
    with pytest.raises(InvalidField) as refused:
        passwords.chosen(password)
    assert refused.value.extra["why"] in {"weak", "short"}


@pytest.mark.parametrize("password", FINE)
def test_one_that_is_not_common_passes(password: str) -> None:
    assert passwords.chosen(password) == password


def test_without_reading_greek_most_would_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(greek, "common_words", tuple)
    monkeypatch.setattr(greek, "readings", lambda text: [text])
    passed = [each for each in GREEK if len(each) >= passwords.LEAST and not passwords._guessed(each, ())]
    assert len(passed) > 10
