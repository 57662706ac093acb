"""Joined modules are the same program as modules that a browser loads one by one: programs by chance, run both ways."""

import random
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route

from chat.web.joined import joined
from tests.chance import dice

SITE = "http://modules.localhost"
LOOK = "async () => { await globalThis.loaded; return { ran: globalThis.ran, said: globalThis.said }; }"
ROOT = "/main.js"


def program(chosen: random.Random) -> dict[str, str]:
    """Modules that need earlier ones, load some later, and all call their own things alike."""
    count = chosen.randint(4, 12)
    late = set(chosen.sample(range(1, count), k=min(3, count - 2)))
    sources = {}
    for number in range(1, count):
        needs = chosen.sample(range(1, number), k=chosen.randint(0, min(3, number - 1)))
        needs = [each for each in needs if each not in late]
        folder = chosen.choice(["", "deep/"])
        sources[number] = (folder, needs)
    at = {number: f"/{folder}m{number}.js" for number, (folder, _) in sources.items()}
    made = {}
    for number, (_, needs) in sources.items():
        taken = "".join(
            f'import {{ count as count{each}, Thing as Thing{each}, tell as tell{each} }} from "{at[each]}";\n'
            for each in needs
        )
        made[at[number]] = f"""/** Module {number}. */
{taken}
const same = {number};
let times = 0;
export const count = same{"".join(f" + count{each} + new Thing{each}().own" for each in needs)};
export class Thing {{ own = same * 2; }}
export function tell() {{ times += 1; return `{number}:${{times}}:${{later()}}`; }}
const later = () => [{", ".join(f"tell{each}()" for each in needs)}].join();
globalThis.ran.push({number});
globalThis.said.push(tell(), count);
"""
    direct = [each for each in range(1, count) if each not in late and chosen.random() < 0.4]
    direct = [each for each in direct if not late & set(sources[each][1])]
    loads = " ".join(
        f'{{ const {{ tell, Thing }} = await import("{at[each]}"); globalThis.said.push(tell(), new Thing().own); }}'
        for each in sorted(late)
    )
    made[ROOT] = (
        "".join(f'import {{ tell as tell{each} }} from "{at[each]}";\n' for each in direct)
        + f"globalThis.said.push({', '.join(f'tell{each}()' for each in direct)});\n"
        + f"globalThis.loaded = (async () => {{ {loads} }})();\n"
    )
    return made


def run(page: Page, scripts: Callable[[str], str | None]) -> Any:
    """What a program says, with the scripts that `scripts` gives by address."""
    broken = list[str]()

    def answer(route: Route) -> None:
        address = route.request.url.removeprefix(SITE)
        body = "<!doctype html><script>ran = []; said = []</script>" if address == "/" else scripts(address)
        kind = "text/html" if address == "/" else "text/javascript"
        route.fulfill(status=404 if body is None else 200, body=body or "", content_type=kind)

    page.route(f"{SITE}/**", answer)
    page.goto(f"{SITE}/")
    try:
        return page.evaluate(f"async () => {{ await import('{ROOT}'); return ({LOOK})(); }}")
    except Exception as error:  # noqa: BLE001 - whatever a browser finds wrong with it
        broken.append(str(error))
        return broken
    finally:
        page.unroute_all()


def ordered(said: Any) -> Any:
    """Siblings may run in another order, so what they say is compared without it."""
    return {"ran": sorted(said["ran"]), "said": sorted(map(str, said["said"]))} if isinstance(said, dict) else said


def unscoped(script: str) -> str:
    """The modules one after the other, without a scope of their own."""
    return re.sub(r"^const \$\w+ = \(\(\) => \{$|^return \{.*\};\n\}\)\(\);$", "", script, flags=re.MULTILINE)


def test_programs_by_chance_say_the_same_joined_and_not_without_scopes_or_one_home(page: Page) -> None:
    bare, twice = [], []
    for number in range(8):
        made = program(dice(f"modules {number}"))
        scripts = joined(ROOT, made.__getitem__)
        apart = ordered(run(page, made.get))
        assert len(apart["said"]) > 3
        assert ordered(run(page, scripts.get)) == apart, scripts
        unscoped_too = {address: unscoped(script) for address, script in scripts.items()}
        bare.append(ordered(run(page, unscoped_too.get)) != apart)
        twice.append(ordered(run(page, (made | {ROOT: scripts[ROOT]}).get)) != apart)
    assert sum(bare) > 2
    assert sum(twice) > 0
