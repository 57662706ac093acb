"""CVE-2022-36048 (Zulip): a remote picture told who looked. Here no page may load anything from anywhere but here."""

import pytest

from tests.advisories.test_adv_16_access import OWNERS
from tests.inside import Served

pytestmark = pytest.mark.anyio
OWN = {"'none'", "'self'", "data:", "blob:"}
PAGES = ("/signin", "/inbox", "/password", "/privacy/{key}", "/widget/{key}", *OWNERS)


def foreign(policy: str) -> list[str]:
    """What a policy lets in from elsewhere; frames around the page are not in it."""
    parts = {name: set(values) for name, *values in (each.split() for each in policy.split(";") if each.strip())}
    around = {"frame-ancestors", "sandbox"}
    loose = [name for name, values in parts.items() if name not in around and not values <= OWN]
    return loose + [name for name in ("default-src", "base-uri") if parts.get(name, set()) != {"'none'"}]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_adv_75_no_page_loads_anything_from_elsewhere(app: Served) -> None:
    await app.sign_in()
    for path in PAGES:
        answer = await app.client.get(path.format(key=app.house.key), headers={"accept": "text/html"})
        assert answer.status_code in {200, 303}, path
        if answer.status_code == 200:
            assert foreign(answer.headers["content-security-policy"]) == [], path


def test_the_control_a_policy_that_lets_pictures_in_is_seen() -> None:
    assert foreign("default-src 'none'; base-uri 'none'; img-src 'self' https:") == ["img-src"]
    assert foreign("img-src 'self'") == ["default-src", "base-uri"]
    assert foreign("default-src 'none'; base-uri 'none'; connect-src *") == ["connect-src"]
