"""
Secrets: short (CVE-2022-1235), predictable where unset (CVE-2019-5885), of a weak generator (CVE-2019-11842), kept as a
key (the livechat chain), made of what anybody knows (CVE-2026-40496), compared in a time that tells (CVE-2021-33880).
"""

import ast
from pathlib import Path

import pytest

from chat.core.errors import Misconfigured
from chat.core.ids import secret
from chat.core.settings import from_env
from chat.infra.store import folder

CHAT = Path(__file__).parent.parent.parent / "chat"
TREES = {path: ast.parse(path.read_text()) for path in sorted(CHAT.rglob("*.py"))}


def test_adv_53_a_secret_has_256_bits_and_a_short_one_is_refused() -> None:
    made = {secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(each) for each in made} == {43}
    with pytest.raises(Misconfigured):
        from_env({"LETHE_SECRET_KEY": "k" * 31})


def test_adv_54_without_a_secret_one_is_made_that_nobody_knows(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        settings = from_env({"LETHE_DATA": str(tmp_path / name)})
        folder.prepare_data(settings)
        made.append(folder.server_secret(settings))
        assert (tmp_path / name / "secret.key").stat().st_mode & 0o777 == 0o600
    assert made[0] != made[1]
    assert min(map(len, made)) >= 43


def imported(tree: ast.Module) -> set[str]:
    """The modules that a module imports."""
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    return {*names, *(node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))}


def test_adv_55_nothing_in_the_server_draws_from_a_weak_generator() -> None:
    assert [str(path) for path, tree in TREES.items() if "random" in imported(tree)] == []
    assert "random" in imported(ast.parse("from random import choice"))  # the control
    assert "random" in imported(ast.parse("import random"))


def loosely_compared(tree: ast.Module) -> list[int]:
    """Lines that compare a MAC, mark or signature with `==`, whose time tells how far they agree."""
    words = ("csrf", "mac", "mark", "signature")
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            names = [each.id for each in [node.left, *node.comparators] if isinstance(each, ast.Name)]
            if any(name in words for name in names):
                found.append(node.lineno)
    return found


def test_adv_65_secrets_are_compared_in_constant_time() -> None:
    assert {str(path): lines for path, tree in TREES.items() if (lines := loosely_compared(tree))} == {}
    assert loosely_compared(ast.parse("if mac == shown: pass")) == [1]  # the control
