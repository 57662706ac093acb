"""Every feature says what it has: a folder without a record, or a record that leaves something out, is named here."""

import ast
import inspect
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import chat
from chat.account.schema import SETTING
from chat.core.account_settings import Setting
from chat.core.locations import DataLocation
from chat.core.model import LOCALES
from chat.features import FEATURES, account_settings, gathered, menu, permissions, sweeps
from chat.infra.gathered import ErasureStep, ExportPart
from chat.infra.store.ageing import AgeingKind
from chat.infra.store.columns import metadata
from chat.web.endpoint import endpoints
from chat.web.feature import Feature

FOLDER = Path(chat.__file__).parent
BELOW = {"commands", "core", "infra", "web"}
OF_ANOTHER_SWEEP = {"chat.spam_filter.actions.training"}
"""What another sweep does on its way."""
OF_THE_SERVER = {"server"}
"""The table that is no feature's: one row about the database."""


def modules(name: str, *layers: str) -> Iterator[ModuleType]:
    """The modules of these layers of a feature."""
    for each in pkgutil.walk_packages([str(FOLDER / name)], f"chat.{name}."):
        if each.name.split(".")[2] in layers:
            yield import_module(each.name)


def locations() -> set[str]:
    """The data locations that anything declares beside what it is about, or forgets in."""
    declared = set()
    for each in pkgutil.walk_packages([str(FOLDER / "infra")], "chat.infra."):
        if ".migrations." not in each.name:
            declared |= {
                made.name for made in vars(import_module(each.name)).values() if isinstance(made, DataLocation)
            }
    return declared | {step.location.name for step in gathered().erasure_steps}


ENTERS = {"record": 4, "record_once_in": 4, "record_view": 2, "record_once": 3, "record_from": 4, "record_failure": 3}
"""What enters something in the audit log, and the number of the argument that says what."""


def entered(module: ModuleType) -> set[str]:
    """The actions that a module names where it enters one."""
    calls = [each for each in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(each, ast.Call)]
    named = set()
    for call in calls:
        match call.func:
            case ast.Attribute(value=ast.Name(id="audit"), attr=attr) if attr in ENTERS:
                said = ast.walk(call.args[ENTERS[attr]])
                named |= {str(each.value) for each in said if isinstance(each, ast.Constant)}
    return named


def unsaid(feature: Feature) -> list[str]:
    """What a feature says in one language and not in another."""
    found = []
    for part in ("", "export."):
        paths = [feature.folder / f"words.{part}{locale}.json" for locale in LOCALES]
        keys = [set(json.loads(path.read_text("utf-8"))) if path.exists() else set() for path in paths]
        every = set[str]().union(*keys)
        for locale, known in zip(LOCALES, keys, strict=True):
            found += [f"{feature.name} does not say {key} in {locale}" for key in sorted(every - known)]
    return found


def unfollowed(feature: Feature) -> list[str]:
    """What a feature's actions have to be done while the services are open, and its record does not say."""
    made = [each for module in modules(feature.name, "actions") for each in vars(module).values()]
    open_ones = [each for each in made if inspect.isfunction(each) and each.__name__.startswith("follow_")]
    return [
        each.__name__
        for each in open_ones
        if inspect.isasyncgenfunction(inspect.unwrap(each)) and each not in feature.follows
    ]


def unanswered(feature: Feature) -> list[str]:
    """What a feature's stores could answer to others, and its record does not say."""
    scopes = {kind.of for kind in feature.retention_scopes}
    found = []
    for module in modules(feature.name, "store"):
        there = vars(module)
        found += ["which agreements are used up"] * (there.get("is_used") not in {None, *feature.agreement_used})
        found += ["which parts of an account keep things otherwise"] * (there.get("scopes") not in {None, *scopes})
    return found


def left_out(features: tuple[Feature, ...]) -> list[str]:
    """What is there and no record of these says."""
    folders = {each.name for each in FOLDER.iterdir() if (each / "__init__.py").exists()} - BELOW
    found = [f"{name} is not in chat/features.py" for name in sorted(folders - {each.name for each in features})]
    said = {str(table.name) for each in features for table in each.tables}
    found += [f"the table {name} is no feature's" for name in sorted({*metadata.tables} - said - OF_THE_SERVER)]
    known = {each.name for each in account_settings(features)}
    columns = {each.name for each in metadata.tables["account"].columns if SETTING in each.info}
    found += [f"the setting {name} is no feature's" for name in sorted(columns - known)]
    found += [f"the setting {name} has no column" for name in sorted(known - columns)]
    located = {location.name for location in gathered(features).data_locations}
    found += [f"the data location {name} is no feature's" for name in sorted(locations() - located)]
    audited = {word for each in features for word in each.audited}
    permitted = permissions(features)["owner"]
    for each in features:
        found += unsaid(each) if each.folder == FOLDER / each.name else [f"{each.name} is not in its folder"]
        for module in modules(each.name, "api", "pages"):
            found += [f"{each.name} does not serve {one}" for one in endpoints(module) if one not in each.endpoints]
        run = {sweep.run for sweep in each.sweeps}
        for module in modules(each.name, "actions"):
            there = vars(module).get("sweep")
            if there is not None and there not in run and module.__name__ not in OF_ANOTHER_SWEEP:
                found.append(f"{each.name} does not run {module.__name__}.sweep")
            found += [f"{each.name} enters {word}, which no feature says" for word in sorted(entered(module) - audited)]
        found += [f"{each.name} does not say that it does {name}" for name in unfollowed(each)]
        kinds = {id(rule.kind) for rule in each.retention_rules}
        for module in modules(each.name, "store"):
            aged = [made for made in vars(module).values() if isinstance(made, AgeingKind)]
            found += [f"{each.name} has no rule for {kind.rule}" for kind in aged if id(kind) not in kinds]
        found += [f"{each.name} does not say {what}" for what in unanswered(each)]
        files = [
            table.name for table in each.tables if {"blob", "size"} <= {*metadata.tables[str(table.name)].c.keys()}
        ]
        found += [f"{each.name} does not count the bytes of {name}" for name in files if not each.stored]
        parts = {id(part) for part in (*each.erasure_steps, *each.agent_erasure_steps, *each.export_parts)}
        for module in modules(each.name, "actions"):
            named = [(name, made) for name, made in vars(module).items() if isinstance(made, ErasureStep | ExportPart)]
            found += [f"{each.name} says nothing of {name}" for name, made in named if id(made) not in parts]
        pages = {one.path for one in each.endpoints}
        said_here = {(str(one), word) for one in each.endpoints for word in one.audited}
        found += [f"{one} enters {word}, which no feature says" for one, word in said_here if word not in audited]
        needed = {(str(one), one.permission) for one in each.endpoints if one.permission is not None}
        found += [f"{one} needs {word}, which no feature says" for one, word in needed if word not in permitted]
        found += [f"{each.name} has no page {line.path}" for line in each.menu if line.path not in pages]
    return found


def test_every_feature_says_all_it_has() -> None:
    assert left_out(FEATURES) == []
    assert len({each.name for each in FEATURES}) == len(FEATURES)


@pytest.mark.parametrize(
    ("name", "without", "said"),
    [
        ("record", {}, "record is not in chat/features.py"),
        ("letters", {"tables": ()}, "the table outbox is no feature's"),
        ("record", {"endpoints": ()}, "record does not serve GET /api/v1/data-map"),
        ("record", {"endpoints": ()}, "record has no page /admin/data-map"),
        ("consent", {"account_settings": ()}, "the setting consent_days is no feature's"),
        (
            "record",
            {"account_settings": (Setting("rings", int, 3, "rings", "site"),)},
            "the setting rings has no column",
        ),
        ("holds", {"permissions": {}}, "GET /admin/privacy needs hold.read, which no feature says"),
        ("retention", {"audited": ()}, "PUT /api/v1/retention enters retention.changed, which no feature says"),
        ("export", {"endpoints": ()}, "export does not serve GET /api/v1/exports"),
        ("rights", {"endpoints": ()}, "rights does not serve POST /widget/{site_key}/transcript"),
        ("holds", {"endpoints": ()}, "holds has no page /admin/privacy"),
        ("backup", {"sweeps": ()}, "backup does not run chat.backup.actions.backups.sweep"),
        (
            "departments",
            {"retention_scopes": ()},
            "departments does not say which parts of an account keep things otherwise",
        ),
        ("record", {"folder": FOLDER}, "record is not in its folder"),
        ("spam_filter", {"erasure_steps": ()}, "spam_filter says nothing of SETTLED"),
        ("tickets", {"agent_erasure_steps": ()}, "tickets says nothing of REASSIGNED"),
        ("spam_filter", {"follows": ()}, "spam_filter does not say that it does follow_labels"),
        ("export", {"stored": ()}, "export does not count the bytes of export"),
        ("attachments", {"export_parts": ()}, "attachments says nothing of ATTACHMENTS"),
        ("export", {"data_locations": ()}, "the data location exports is no feature's"),
        ("erasure", {"retention_rules": ()}, "erasure has no rule for sessions"),
        ("erasure", {"agreement_used": ()}, "erasure does not say which agreements are used up"),
        ("retention", {"audited": ()}, "retention enters retention.changed, which no feature says"),
    ],
)
def test_what_a_record_leaves_out_is_named(name: str, without: dict[str, Any], said: str) -> None:
    """The controls: a feature that is not listed, and records that forget something."""
    others = tuple(each for each in FEATURES if each.name != name)
    (one,) = (each for each in FEATURES if each.name == name)
    assert said in left_out(others if not without else (*others, replace(one, **without)))


def test_what_a_feature_says_in_one_language_alone_is_named(tmp_path: Path) -> None:
    for locale, said in (("en", {"a": "A", "b": "B"}), ("el", {"a": "Α"})):
        (tmp_path / f"words.{locale}.json").write_text(json.dumps(said))
    (tmp_path / "words.export.el.json").write_text('{"c": "Γ"}')
    assert unsaid(Feature("made", tmp_path)) == ["made does not say b in el", "made does not say c in en"]


@pytest.mark.parametrize("many", [0, 2])
def test_one_feature_has_the_conversations(many: int) -> None:
    (one,) = (each for each in FEATURES if each.conversations is not None)
    others = tuple(each for each in FEATURES if each is not one)
    with pytest.raises(ValueError, match="values to unpack"):
        gathered((*others, *[one] * many))


def test_no_two_features_say_one_action() -> None:
    assert len(gathered().audited) == sum(len(each.audited) for each in FEATURES)


def test_the_rules_of_retention_are_in_their_order() -> None:
    names = [rule.name for rule in gathered().retention_rules]
    assert names == ["transcripts", "attachments", "training", "contacts", "sessions", "exports", "audit"]


def test_an_erasure_begins_with_what_is_no_table_in_its_order() -> None:
    assert [step.location.name for step in gathered().erasure_steps] == ["files", "exports", "learnt", "versions"]


def test_no_two_features_say_more_of_one_table() -> None:
    assert len(gathered().export_parts) == sum(len(each.export_parts) for each in FEATURES)


def test_no_two_sweeps_have_one_name() -> None:
    assert len(sweeps()) == sum(len(each.sweeps) for each in FEATURES)


def test_the_menu_names_pages_in_every_language() -> None:
    lines = [each for group in menu().values() for each in group]
    assert len({each.path for each in lines}) == len(lines) == 22
    assert len({(each.group, each.position) for each in lines}) == len(lines)
    for locale in LOCALES:
        keys = {each.key for each in lines} | {f"page.group.{group}" for group in menu()}
        assert keys <= {*gathered().locales.strings(locale)}
