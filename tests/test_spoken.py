"""A page carries the words that its scripts say, all of them and hardly more; the inbox is driven in `walks`."""

from pathlib import Path

import pytest

from chat.core.model import LOCALES
from chat.features import gathered
from chat.web import spoken as module
from chat.web.spoken import modules, spoken
from tests.test_locale_keys import SAID, missing

WORDS = gathered().locales
ROOTS = ("/static/inbox.js", "/static/admin.js")


def lacking(root: str, known: dict[str, str]) -> list[str]:
    """The words that the page's scripts say by their whole keys and that it does not carry."""
    return [key for script in modules(root).values() for key in missing(script, known)]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("root", ROOTS)
def test_a_page_carries_each_word_that_its_scripts_say(root: str, locale: str) -> None:
    assert lacking(root, spoken(root, WORDS, locale)) == []


def test_a_page_carries_hardly_more() -> None:
    for locale in LOCALES:
        known = WORDS.strings(locale)
        for root in ROOTS:
            carried = spoken(root, WORDS, locale)
            assert carried.items() <= known.items()
            assert 0 < len(carried) < len(known) / 4
        assert not [
            key for key in spoken(ROOTS[0], WORDS, locale) if key.startswith(("admin.", "retention.", "audit."))
        ]


def test_every_word_that_is_missing_is_found() -> None:
    carried = spoken(ROOTS[0], WORDS, "en")
    said = {key for script in modules(ROOTS[0]).values() for _, key, _ in SAID.findall(script)}
    assert len(said) > 60
    for key in said:
        forms = {key, f"{key}.one", f"{key}.other"}
        assert lacking(ROOTS[0], {each: text for each, text in carried.items() if each not in forms}), key


def test_a_script_that_is_not_read_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = modules(ROOTS[0])
    monkeypatch.setattr(module, "modules", lambda root: {root: whole[root]})
    module._spoken.cache_clear()
    carried = spoken(ROOTS[0], WORDS, "en")
    module._spoken.cache_clear()
    assert [key for script in whole.values() for key in missing(script, carried)]


def test_a_script_that_is_written_anew_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for sentence in ("inbox.visitor", "time.today"):
        (tmp_path / "page.js").write_text(f't("{sentence}");', "utf-8")
        monkeypatch.setattr(module, "folder", lambda _: tmp_path)
        monkeypatch.setattr(module, "source", lambda _: (tmp_path / "page.js").read_text("utf-8"))
        assert sentence in spoken("/static/page.js", WORDS, "en")
