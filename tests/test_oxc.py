"""What `./run check` says of scripts and style sheets, of those that are wrong, and where its programs are missing."""

import re
import shutil
from pathlib import Path

import pytest

from tests import oxc

OFF = re.compile(r'^\s*"[\w/-]+": "off"(,?)(.*)$', re.MULTILINE)
WRITTEN = {
    "static/one.js": "export const one = 1;\n",
    "static/one.css": "p {\n  margin: 0;\n}\n",
    "widget/two.js": 'import { one } from "../static/one.js";\n\nexport const two = one + one;\n',
    "widget/two.css": "p {\n  margin: 0;\n}\n",
    "chat/three.css": "p {\n  margin: 0;\n}\n",
}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A few scripts and style sheets with our settings, as they should be."""
    for settings in (".oxfmtrc.json", ".oxlintrc.json"):
        shutil.copy(oxc.ROOT / settings, tmp_path)
    for name, text in WRITTEN.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("name", oxc.LOOKS)
def test_what_is_as_it_should_be_passes_without_a_word(
    house: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert oxc.look(name, house) == 0
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "file", "text"),
    [
        ("oxfmt", "static/one.js", "export const one = 1\n"),
        ("oxfmt", "static/one.js", f"export const one = [{', '.join(['1'] * 40)}, 1];\n"),
        ("oxfmt", "widget/two.css", "p { margin: 0; }\n"),
        ("oxfmt", "chat/three.css", "p {\n  margin: 0\n}\n"),
        ("oxlint", "static/one.js", "export const one = another;\n"),
        ("oxlint", "static/one.js", "const one = 1;\nexport const same = (it) => it == 1;\n"),
        ("oxlint", "widget/two.js", 'import { three } from "../static/one.js";\n\nexport const two = three;\n'),
        ("oxlint", "widget/two.js", 'console.log("two");\n'),
        ("oxlint", "widget/two.js", "// more\n" * 301),
    ],
)
def test_what_is_not_is_found(house: Path, capfd: pytest.CaptureFixture[str], name: str, file: str, text: str) -> None:
    (house / file).write_text(text)
    assert oxc.look(name, house) != 0
    assert file in capfd.readouterr().out


@pytest.mark.parametrize("name", oxc.LOOKS)
def test_a_machine_without_the_program_is_named_and_has_not_passed(
    house: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    assert oxc.look(name, house, str(tmp_path / "none")) == 1
    assert f"No {name} for this machine" in capfd.readouterr().out


def test_every_rule_that_is_off_says_why() -> None:
    found = OFF.findall((oxc.ROOT / ".oxlintrc.json").read_text())
    assert len(found) > 5
    assert all(re.match(r" // \w.{10}", reason) for _, reason in found), found


def beginnings() -> dict[str, str]:
    """How each script begins, by its path."""
    folders = ("static", "widget")
    return {str(path): path.read_text()[:4] for each in folders for path in (oxc.ROOT / each).rglob("*.js")}


def test_every_script_begins_with_what_it_is() -> None:
    found = beginnings()
    assert len(found) > 60
    assert {path for path, text in found.items() if not text.startswith("/**")} == set()
