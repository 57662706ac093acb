"""
What the server never does, by its own source: what is not there cannot be reached by a text.

Templates made of texts (CVE-2024-27516); shells and interpreters (CVE-2024-29185, CVE-2026-28289); asking addresses
that people wrote (CVE-2021-21273, CVE-2021-21392, CVE-2023-32683, CVE-2022-1191, CVE-2022-1213, CVE-2024-39713, a
report of rebinding, CVE-2021-21274); reading foreign pages (CVE-2022-31052); unpacking archives (CVE-2026-26058,
CVE-2026-41193). Whoever builds webhooks or previews finds here what they must then hold.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TREES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text())
    for top in ("chat", "spam")
    for path in sorted((ROOT / top).rglob("*.py"))
}
SHELLS = {"os.system", "os.popen", "subprocess", "pty", "asyncio.create_subprocess_shell", "eval", "exec", "compile"}
SPAWNS = {"os.execv", "os.spawnv", "os.posix_spawn", "asyncio.create_subprocess_exec"}
READERS = {"pickle", "marshal", "shelve", "yaml", "runpy", "code"}
CLIENTS = {
    "urllib.request",
    "http.client",
    "httpx",
    "httpx2",
    "requests",
    "aiohttp",
    "urllib3",
    "ftplib",
    "websockets.sync",
}
LINES = {"socket.create_connection", "asyncio.open_connection", "websockets.connect"}
PARSERS = {"html.parser", "lxml", "bs4", "xml", "html5lib", "selectolax", "feedparser", "markdown", "markdown_it"}
UNPACKS = {"tarfile", "shutil.unpack_archive", ".extract", ".extractall"}
TEMPLATES = {".from_string", "string.Template", "jinja2.Template"}


def used(tree: ast.Module) -> Iterator[str]:
    """Every module that is imported, and every name that is called, in full as far as its imports tell."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {(alias.asname or alias.name).split(".")[0]: alias.name for alias in node.names}
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            first, dot, rest = name.partition(".")
            yield known.get(first, first) + dot + rest
            yield "." + name.rpartition(".")[2] if dot else name


def offences(tree: ast.Module, names: set[str]) -> set[str]:
    """Those of the names that a module uses, or what is below them."""
    return {each for each in used(tree) for name in names if each == name or each.startswith(f"{name}.")}


def found(names: set[str]) -> dict[str, set[str]]:
    """The modules of the product that use any of the names."""
    return {path: seen for path, tree in TREES.items() if (seen := offences(tree, names))}


def test_adv_13_no_template_is_made_of_a_text() -> None:
    assert set(found(TEMPLATES)) == {"chat/embed/api.py"}  # of the frame's own file
    (made,) = [
        each
        for each in ast.walk(TREES["chat/embed/api.py"])
        if isinstance(each, ast.Call) and ast.unparse(each.func) == "Template"
    ]
    assert ast.unparse(made.args[0]) == "(folder('widget') / 'frame.html').read_text('utf-8')"


def test_adv_43_and_adv_44_no_shell_and_no_interpreter_is_given_anything() -> None:
    assert found(SHELLS | READERS) == {}
    # Processes of our own, with arguments that are all ours; what people sent goes in by standard input.
    assert set(found(SPAWNS)) == {"chat/attachments/actions/looking.py", "chat/spam_filter/actions/fitting.py"}
    for path in found(SPAWNS):
        (call,) = [
            each
            for each in ast.walk(TREES[path])
            if isinstance(each, ast.Call) and ast.unparse(each.func) == "asyncio.create_subprocess_exec"
        ]
        assert [ast.unparse(each) for each in call.args] in (
            ["*looking.COMMAND", "*how"],
            ["*(sys.executable, '-m', 'spam.fitting')"],
        ), path


def test_adv_69_to_adv_74_and_adv_77_no_address_that_somebody_wrote_is_asked() -> None:
    assert found(CLIENTS | LINES) == {}


def test_adv_76_no_foreign_page_is_read() -> None:
    assert found(PARSERS) == {}


def test_adv_79_and_adv_80_nothing_is_unpacked_onto_the_disk() -> None:
    assert found(UNPACKS) == {}


@pytest.mark.parametrize(
    ("names", "source"),
    [
        (TEMPLATES, "import jinja2\njinja2.Environment().from_string(text)"),
        (TEMPLATES, "from jinja2 import Template as T\nT(text)"),
        (SHELLS, "import os as system\nsystem.popen(text)"),
        (SHELLS, "from subprocess import run\nrun(text, shell=True)"),
        (SHELLS, "eval(text)"),
        (READERS, "import pickle"),
        (SPAWNS, "from asyncio import create_subprocess_exec as run\nrun(text)"),
        (CLIENTS, "from urllib import request\nrequest.urlopen(url)"),
        (CLIENTS, "import urllib.request"),
        (LINES, "import asyncio\nasyncio.open_connection(host, 80)"),
        (PARSERS, "from xml.etree import ElementTree"),
        (UNPACKS, "from zipfile import ZipFile\nZipFile(path).extractall(folder)"),
        (UNPACKS, "import tarfile"),
    ],
)
def test_the_control_each_of_these_is_seen(names: set[str], source: str) -> None:
    assert offences(ast.parse(source), names)
    assert not offences(ast.parse("import json, urllib.parse\njson.loads(text)\nregex.compiled(text)"), names)
