"""
The widget's modules joined: each that is loaded by itself comes as one script with all that only it needs.

A module stays what it is in ECMA-262 (16.2.1): it has a scope of its own and runs once, after those it imports. So each
becomes a function that is called at once and gives its exports. A module that imports takes them from there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from posixpath import basename, dirname, join, normpath

IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"([^"]+)";$', re.MULTILINE)
PASSED_ON = re.compile(r'^export \{([^}]*)\} from "([^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) (\w+))", re.MULTILINE)
LATER = re.compile(r'\bimport\("([^"]+)"\)')
OTHER = re.compile(r"^(?:import|export)\b(?!\()", re.MULTILINE)

ReadModule = Callable[[str], str]


class UnknownFormError(ValueError):
    """A module imports or exports in a form that is not known here, or in a circle. The message names it."""


@dataclass
class Module:
    """One file: `code` gives its exports once it runs. `needs` runs before it, `later` whenever it is asked for."""

    address: str
    code: str
    needs: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)


def joined(root: str, read: ReadModule) -> dict[str, str]:
    """
    Return the scripts of a program by their addresses: its root's, and each that is loaded later or shared by those.

    `read` gives the source at an address. Raises UnknownFormError.
    """
    modules: dict[str, Module] = {}
    asked = [root]
    for address in asked:
        _gather(address, read, modules, ())
        asked += sorted({each for found in modules.values() for each in found.later} - set(asked))
    if len({name_of(each) for each in modules}) < len(modules):
        raise UnknownFormError(f"Two modules of {root} have one name")
    owners = _owners(asked, modules)
    return {owner: _script(owner, owners, modules) for owner in sorted(set(owners.values()))}


def name_of(address: str) -> str:
    """Return what a module's exports are called in a script."""
    return "$" + re.sub(r"\W", "_", basename(address).removesuffix(".js"))


def module(address: str, source: str) -> Module:
    """Read one module. Raises UnknownFormError."""
    made = Module(address, source)

    def taken(found: re.Match[str]) -> str:
        names, needed = found[1], _at(address, found[2])
        made.needs.append(needed)
        return f"const {{{names.replace(' as ', ': ')}}} = {name_of(needed)};" if names else ""

    def passed_on(found: re.Match[str]) -> str:
        made.exports += [each.strip() for each in found[1].split(",") if each.strip()]
        return taken(found)

    def exported(found: re.Match[str]) -> str:
        made.exports.append(found[1])
        return ""

    def later(found: re.Match[str]) -> str:
        made.later.append(_at(address, found[1]))
        return f'import("{made.later[-1]}")'

    code = LATER.sub(later, EXPORT.sub(exported, PASSED_ON.sub(passed_on, IMPORT.sub(taken, source))))
    left = OTHER.search(code)
    if left or not all(each.isidentifier() for each in made.exports):
        raise UnknownFormError(f"{address} imports or exports in a form that is not known here")
    made.code = f"const {name_of(address)} = (() => {{\n{code}\nreturn {{{', '.join(made.exports)}}};\n}})();\n"
    return made


def _at(address: str, named: str) -> str:
    """Return the address that a module names."""
    return normpath(join(dirname(address), named))


def _gather(address: str, read: ReadModule, modules: dict[str, Module], way: tuple[str, ...]) -> None:
    """Add a module after all that it imports: the order in which they run."""
    if address in way:
        raise UnknownFormError(f"{address} imports itself through others")
    if address not in modules:
        made = module(address, read(address))
        for needed in made.needs:
            _gather(needed, read, modules, (*way, address))
        modules[address] = made


def _owners(asked: list[str], modules: dict[str, Module]) -> dict[str, str]:
    """
    Return in which script each module is: the root's if that needs it, else that of the only one that does.

    What several need that are loaded later is a script of its own, or it would run once for each of them.
    """
    reach = {each: _reach(each, modules) for each in asked}
    if reach[asked[0]].intersection(asked[1:]):
        raise UnknownFormError(f"{asked[0]} loads at once what it loads later")
    owners = {}
    for address in modules:
        users = [each for each in asked if address in reach[each]]
        alone = address not in asked and asked[0] not in users and len(users) > 1
        owners[address] = address if alone or address in asked else users[0]
    return owners


def _reach(address: str, modules: dict[str, Module]) -> set[str]:
    """Return a module and all that it needs."""
    return {address}.union(*(_reach(each, modules) for each in modules[address].needs))


def _script(owner: str, owners: dict[str, str], modules: dict[str, Module]) -> str:
    """Return one script: what it takes from others, its modules, and what it gives."""
    own = [each for each in modules.values() if owners[each.address] == owner]
    wanted = sorted({each for mine in own for each in mine.needs if owners[each] != owner})
    others = [each for each in modules.values() if owners[each.address] != owner]
    given = sorted({each for other in others for each in other.needs if owners[each] == owner})
    head = "".join(f'import {{ {name_of(each)} }} from "{owners[each]}";\n' for each in wanted)
    exports = modules[owner].exports
    tail = f"export const {{ {', '.join(exports)} }} = {name_of(owner)};\n" if exports else ""
    tail += f"export {{ {', '.join(map(name_of, given))} }};\n" if given else ""
    return head + "".join(each.code for each in own) + tail
