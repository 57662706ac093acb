"""Claims about what a file is taken for and what it is called: whatever its sender says, its name and type agree."""

import unicodedata
from pathlib import Path
from zipfile import ZipFile

import pytest

from chat.attachments.domain import filetypes
from chat.attachments.domain.filetypes import ENDINGS, PDF, TEXT, ZIP, shortened, sniff, tidy
from chat.export.actions.archive import path_of
from tests.chance import dice

WORDS = {
    "el": "Καλημέρα, πού είναι η παραγγελία μου;",
    "en": "Where is my order - 20 \u20ac?",
    "ja": "注文はどこですか",
    "ru": "Где мой заказ",
    "ar": "أين طلبي",
    "zh": "我的订单在哪里",
    "pl": "Gdzie jest zamówienie",
}
ENCODINGS = {
    "el": ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1253", "iso8859_7"),
    "en": ("utf-8", "cp1252", "iso8859_15", "utf-16", "utf-16-le"),
    "ja": ("shift_jis", "euc_jp", "iso2022_jp", "utf-16"),
    "ru": ("cp1251", "koi8_r", "iso8859_5", "cp866"),
    "ar": ("cp1256", "iso8859_6"),
    "zh": ("gb18030", "big5"),
    "pl": ("cp1250", "iso8859_2"),
}
# First bytes of what is no text, and would do something if it were opened as what it is.
PROGRAMS = {
    "Windows": b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff",
    "Linux": b"\x7fELF\x02\x01\x01" + bytes(9),
    "macOS": b"\xcf\xfa\xed\xfe\x07\x00\x00\x01",
    "Java": b"\xca\xfe\xba\xbe\x00\x00\x00\x34",
    "a link": b"L\x00\x00\x00\x01\x14\x02\x00",
    "an old document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(8),
    "gzip": b"\x1f\x8b\x08\x00abc",
    "a sound": b"RIFF\x10\0\0\0WAVEfmt ",
}
UNSAFE = (
    *("bat", "cmd", "com", "exe", "scr", "pif", "js", "jse", "vbs", "vbe", "wsf", "wsh", "hta", "ps1", "msi", "reg"),
    *("lnk", "url", "desktop", "app", "command", "sh", "py", "jar", "apk", "docm", "xlsm", "html", "htm", "xhtml"),
    *("svg", "xml", "mht", "swf", "php", "iso", "dmg", "chm", "scf", "inf", "theme", "settingcontent-ms", "library-ms"),
)


@pytest.mark.parametrize(("language", "encoding"), [(a, b) for a, some in ENCODINGS.items() for b in some])
def test_text_is_text_in_any_common_encoding(language: str, encoding: str) -> None:
    data = (WORDS[language] + "\r\nbye\n").encode(encoding, "ignore")
    assert sniff(data) == TEXT


def test_a_table_and_a_log_are_text_and_what_holds_no_text_is_not() -> None:
    assert sniff("Ποσό;Τιμή\r\n1;2,50 €\r\n".encode("cp1253")) == TEXT
    assert sniff(b"\x1b[31mfailed\x1b[0m\x07\r\n\tat line 3\x0c") == TEXT
    for what, data in PROGRAMS.items():
        assert sniff(data) is None, what
    for data in (b"", b"\xff\xfe", b"\xff\xfe\x00", b"a\x00b", b"\x00\x00", b"a\x00\x01\x00"):
        assert sniff(data) is None, data


def test_a_pdf_may_begin_with_a_line_of_something_else() -> None:
    assert sniff(b"%PDF-1.7 x") == PDF
    assert sniff(b"\xef\xbb\xbf\r\n%PDF-1.4\n1 0 obj\n%%EOF\n") == PDF
    assert sniff(b"sent by a fax\n%PDF-1.4\nstream\x00\x01endstream\n%%EOF") == PDF
    # A text that only speaks of one: the control.
    assert sniff(b"The file begins with\n%PDF-1.4, I think") == TEXT
    assert sniff(b"x" * 2000 + b"\n%PDF-1.4\n%%EOF") == TEXT


@pytest.mark.parametrize("kind", ENDINGS)
def test_an_unsafe_ending_is_never_the_last(kind: str) -> None:
    for ending in UNSAFE:
        for name in (
            f"invoice.{ending}",
            f"photo.jpg.{ending}",
            f"a.{ending.upper()}",
            ending,
            f".{ending}",
            f"a.{ending}. ",
        ):
            made = tidy(name, kind)
            assert made.rpartition(".")[2].lower() in ENDINGS[kind], (name, made)
    assert tidy("invoice.bat", TEXT) == "invoice.bat.txt"
    assert tidy("photo.jpg", "image/png") == "photo.png"
    for good in ENDINGS[kind]:
        assert tidy(f"Name.{good.upper()}", kind) == f"Name.{good.upper()}"  # the control: what agrees stays


def test_every_ending_that_is_let_through_is_of_one_type_and_none_is_unsafe() -> None:
    let = [ending for some in ENDINGS.values() for ending in some]
    assert len(let) == len(set(let))
    assert not set(let) & set(UNSAFE)


def test_a_name_is_fit_for_any_disk() -> None:
    names = {
        "../../etc/passwd.txt": "passwd.txt",
        "C:\\x\\y.txt": "y.txt",
        "a\x00b.txt": "ab.txt",
        "...": "file.txt",
        "": "file.txt",
        "\u3164\u200b\u2800.txt": "file.txt",
        "NUL": "NUL_.txt",
        "con.txt": "con_.txt",
        "Com1.tar.txt": "Com1_.tar.txt",
        "LPT\u00b9 .txt": "LPT\u00b9_.txt",
        "CONIN$.txt": "CONIN$_.txt",
        "falcon.txt": "falcon.txt",
        "console.txt": "console.txt",
        "trailing. . .": "trailing.txt",
        "a:b|c?.txt": "abc.txt",
        "\u202etxt.exe": "txt.exe.txt",
        "a\u2066b\u2069.txt": "ab.txt",
        "می\u200cخواهم.txt": "می\u200cخواهم.txt",
        "क्\u200dष.txt": "क्\u200dष.txt",
        "👩\u200d👩\u200d👧 ❤️.txt": "👩\u200d👩\u200d👧 ❤️.txt",
        "pay\u200dpal.txt": "paypal.txt",
        "\u200dx\u200c.txt": "x.txt",
        "cafe\u0301.txt": "café.txt",
    }
    assert {name: tidy(name, TEXT) for name in names} == names


def test_a_long_name_is_cut_in_bytes_between_what_people_see_as_characters() -> None:
    units = ("Γ", "👩\u200d👩\u200d👧", "🇬🇷", "👍🏽", "e\u0301\u0302", "क\u094dष", "日", "x")
    for unit in units:
        for before in range(5):
            made = shortened("x" * before + unit * 300, 200)
            assert len(made.encode()) <= 200
            assert made[before:] == unit * made[before:].count(unit), unit
            name = tidy("x" * before + unit * 300 + ".pdf", PDF)
            assert 150 < len(name.encode()) <= 200
            assert name.endswith(".pdf")
    assert len(path_of(9999, "Γ" * 300, TEXT).encode()) <= 150
    assert shortened("e" + "\u0301" * 300, 200) == ""  # one character that is longer than a name: nothing of it


def test_random_names_are_safe_and_tidying_them_again_changes_nothing(tmp_path: Path) -> None:
    chance = dice(__name__)
    odd = './\\:*?"<>| \u202e\u2066\u200d\u200c\ufeff\u0301\ufe0f\U0001f3fb👩🇬क्ष\x00\n\x7f\u2028conNULaux1éΓ日.exe.txt'
    odd += "\ud800"
    kinds = tuple(ENDINGS)
    with ZipFile(tmp_path / "all.zip", "w") as made:
        for number in range(3000):
            name = "".join(
                chance.choice(odd) if chance.random() < 0.8 else chr(chance.randrange(0x20, 0x2FFFF))
                for _ in range(chance.choice((3, 10, 60, 400)))
            )
            kind = chance.choice(kinds)
            tidied = tidy(name, kind)
            assert tidied == tidy(tidied, kind), repr(name)
            assert not set(tidied) & (filetypes.RESERVED | set("\u202e\u2066\x00\n\x7f\u2028\ud800\ufeff"))
            assert tidied.rpartition(".")[2].lower() in ENDINGS[kind]
            assert len(tidied.encode()) <= filetypes.NAME_BYTES
            assert not tidied.startswith((".", " "))
            assert tidied.partition(".")[0].strip().casefold() not in {"con", "nul", "aux", "com1"}
            assert unicodedata.is_normalized("NFC", tidied)
            if number < 100:
                (tmp_path / tidied).write_bytes(b"")
                made.writestr(path_of(number, name, kind), b"")
    with ZipFile(tmp_path / "all.zip") as read:
        read.extractall(tmp_path / "out")
        assert len(list((tmp_path / "out" / "files").iterdir())) == len(read.namelist()) == 100


def test_without_the_list_of_endings_a_program_would_get_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(filetypes.ENDINGS, TEXT, ("txt", "bat"))
    with pytest.raises(AssertionError):
        test_an_unsafe_ending_is_never_the_last(TEXT)


def test_office_documents_keep_their_endings_and_macros_lose_theirs() -> None:
    kept = ("docx", "xlsx", "pptx", "odt", "ods", "odp")
    assert [tidy(f"a.{each}", ZIP) for each in kept] == [f"a.{each}" for each in kept]
    assert tidy("a.docm", ZIP) == "a.docm.zip"
