"""The widget's modules joined: each in one script, what is needed before what needs it, and no form is guessed at."""

import re
from posixpath import basename, dirname

import pytest

from chat.web import files
from chat.web.files import folder
from chat.web.joined import UnknownFormError, joined, name_of
from tests.inside import Served

pytestmark = pytest.mark.anyio
ROOT = "/widget-assets/main.js"
BEGINS = re.compile(r"^const (\$\w+) = \(\(\) => \{$", re.MULTILINE)


def test_each_module_is_in_one_script_after_all_that_it_needs() -> None:
    scripts = joined(ROOT, files.source)
    assert {"main.js", "chat.js", "rights.js", "file-tray.js"} <= {basename(each) for each in scripts}
    # Below any other address a file is served as it is: what two scripts that come later share may not be in static.
    assert {dirname(each) for each in scripts} == {dirname(ROOT)}
    placed = [name for script in scripts.values() for name in BEGINS.findall(script)]
    assert len(placed) == len(set(placed))
    modules = {each.name for each in folder("widget").glob("*.js")} - {"loader.js", "refused.js"}
    shared = {each.name for each in folder("static").glob("common/*.js")} - {"floor.js"}
    assert set(placed) == {name_of(each) for each in modules | shared}
    for script in scripts.values():
        there = set(re.findall(r"^import \{ (\$\w+) \}", script, re.MULTILINE))
        for part in script.split("\n})();\n")[:-1]:
            assert set(re.findall(r"^const \{.*\} = (\$\w+);$", part, re.MULTILINE)) <= there, part
            there |= set(BEGINS.findall(part))


UNKNOWN = {
    "a default": 'import make from "./b.js";',
    "a whole": 'import * as all from "./b.js";',
    "a default of its own": "export default 1;",
    "what changes": "export let count = 0;",
    "a list": "const a = 1;\nexport { a };",
    "taken apart": "export const { a } = { a: 1 };",
    "all that another has": 'export * from "./b.js";',
    "another name": 'export { a as c } from "./b.js";',
    "a circle": 'import { a } from "./b.js";',
    "itself": 'import { a } from "./main.js";',
    "at once and later": 'import { a } from "./c.js";\nimport("./c.js");',
    "one name twice": 'import { a } from "./c.js";\nimport { b } from "/deep/c.js";',
}


@pytest.mark.parametrize("form", UNKNOWN)
def test_a_form_that_is_not_known_is_refused_and_not_guessed(form: str) -> None:
    others = {"/b.js": 'import { x } from "./main.js";', "/c.js": "export const a = 1;", "/deep/c.js": ""}
    with pytest.raises(UnknownFormError):
        joined("/main.js", {"/main.js": UNKNOWN[form], **others}.__getitem__)


def test_a_form_that_is_known_is_not_refused() -> None:
    others = {"/b.js": "export const a = 1;\nexport function b() {}", "/c.js": "export class C {}"}
    made = joined(
        "/main.js", {"/main.js": 'import { a as c, b } from "./b.js";\nimport("./c.js");', **others}.__getitem__
    )
    assert set(made) == {"/main.js", "/c.js"}
    assert "const { a: c, b } = $b;" in made["/main.js"]
    broken = 'import {\n  a as c,\n  b,\n} from "./b.js";\n'
    assert (
        "const {\n  a: c,\n  b,\n} = $b;" in joined("/main.js", {"/main.js": broken, **others}.__getitem__)["/main.js"]
    )


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_what_is_joined_is_sent_again_only_when_it_changed(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await app.call("GET", ROOT)
    assert b"class ChatWindow" in first.content
    assert (await app.call("GET", ROOT, if_none_match=first.headers["etag"])).status_code == 304
    assert (await app.call("HEAD", ROOT)).status_code == 200
    assert (await app.call("POST", ROOT)).status_code == 405
    old = files.source

    def changed(address: str) -> str:
        return old(address) + ("export const more = 1;\n" if address.endswith("dom.js") else "")

    monkeypatch.setattr(files, "source", changed)
    files._program.cache_clear()
    again = await app.call("GET", ROOT, if_none_match=first.headers["etag"])
    files._program.cache_clear()
    assert (again.status_code, b"more" in again.content) == (200, True)
