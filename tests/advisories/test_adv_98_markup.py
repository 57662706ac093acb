"""
Whatever was written can be shown: CVE-2023-26302 and CVE-2023-26303 (markdown-it-py fell over such texts).
"""

import random
from html.parser import HTMLParser

from chat.core import texts
from chat.web import rendering
from tests.chance import dice

PIECES = (
    *("\0", "\x1b", "\x9b", "\x85", "\ud800", "\udfff", "\ufffe", "\uffff", "\U0010ffff", "\u202e", "\u2066", "\u2069"),
    *(
        "<b>",
        "</bdi>",
        "&lt;",
        "&#0;",
        "&#xD800;",
        "&",
        '"',
        "'",
        "<!--",
        "]]>",
        "[a](b",
        "![",
        "```",
        "~~~\n",
        "*" * 50,
    ),
    *(
        "> " * 40,
        "\t",
        "\r",
        "\r\n",
        "\u2028",
        "é",
        "e\u0301",
        "😀",
        "👩\u200d",
        "a",
        " ",
        "{{7*7}}",
        "{% x %}",
        "Γεια",
    ),
)


class Reader(HTMLParser):
    """What a document says."""

    def __init__(self) -> None:
        super().__init__()
        self.said, self.elements = "", list[str]()

    def handle_starttag(self, tag: str, _: object) -> None:
        self.elements.append(tag)

    def handle_data(self, data: str) -> None:
        self.said += data


def written(chance: random.Random) -> str:
    """A text of such pieces, now and then of any characters at all."""
    made = [chance.choice(PIECES) for _ in range(chance.randrange(30))]
    made += [chr(chance.randrange(0x110000)) for _ in range(chance.choice([0, 0, 5]))]
    chance.shuffle(made)
    return "".join(made)


def test_adv_98_any_text_is_written_and_read_again_as_text() -> None:
    chance = dice("markup")
    template = rendering.environment().from_string('<p title="{{ said }}">{{ said | spoken }}</p>')
    for _ in range(5000):
        said = written(chance)
        page = template.render(said=said)
        assert page.encode("utf-8").decode("utf-8") == page
        reader = Reader()
        reader.feed(page)
        reader.close()
        assert reader.elements == ["p", "bdi"], ascii(said)
        shown = rendering.UNFIT.sub("\ufffd", texts.balanced(said))
        assert reader.said.replace("\r", "\n") == shown.replace("\r", "\n"), ascii(said)


def test_adv_98_any_text_is_cut_isolated_and_entered_in_a_transcript() -> None:
    chance = dice("plain text")
    for _ in range(5000):
        said, most = written(chance), chance.randrange(1, 40)
        assert said.startswith(texts.cut(said, most))
        assert len(texts.cut(said, most)) <= most
        assert len(texts.isolated(said).splitlines()) <= 1
        lines = texts.entry("10:00 Ada: ", said).splitlines()
        assert lines[0].startswith("10:00 Ada: ")
        assert all(each.startswith(texts.INDENT) for each in lines[1:]), ascii(said)
        texts.seen(said)
        texts.line(said)


def test_adv_98_the_control_text_that_is_put_into_a_page_as_it_is_becomes_elements() -> None:
    reader = Reader()
    reader.feed(f"<p>{'<b>'}</p>")
    assert reader.elements == ["p", "b"]
