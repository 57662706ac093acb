"""
Single sign-on in a browser, by keyboard and by mouse: an owner sets a real provider up, and an agent signs in through
it. SCIM: an owner makes its token, by either, and a program adds an agent and lets them out again.
"""

from collections.abc import Callable, Iterator

import httpx2
import pytest
from playwright.sync_api import Locator, Page, StorageState, expect

from tests.agent import choose
from tests.lethe import Lethe
from tests.providers import Provider
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import found
from tests.walks.test_programs import ENGLISH, NARROW, reach


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """A real one, in a process of its own."""
    with Provider() as started:
        yield started


@pytest.fixture(scope="module")
def server() -> Iterator[Lethe]:
    """A server whose operator lets loopback be called."""
    with Lethe(OUTBOUND_ALLOW="127.0.0.0/8") as started:
        yield started


def by_keyboard(where: Locator) -> None:
    """Press it with no pointer."""
    where.focus()
    where.page.keyboard.press("Enter")


def through(
    page: Page, name: str, email: str, provider: Provider, act: Callable[[Locator], None] = by_keyboard
) -> None:
    """Sign in through a provider, from the page for passwords."""
    user, _, domain = email.partition("@")
    act(page.get_by_role("link", name="Sign in with your organisation"))
    page.focus("#email")
    page.keyboard.type(f"anybody@{domain}")
    act(page.locator("main [type=submit]"))
    act(page.get_by_role("link", name=name))
    page.wait_for_url(f"{provider.issuer}/**")
    page.fill("[name=sub]", user)
    page.press("[name=sub]", "Enter")
    page.wait_for_url("**/inbox**")


def test_an_owner_sets_a_provider_up_and_an_agent_signs_in_through_it_by_keyboard(
    server: Lethe, provider: Provider, open_page: OpenPage
) -> None:
    account = server.account()
    provider.knows("yan", email="yan@corp.example", email_verified=True, name="Yan P.")
    page = open_page(f"{server.origin}/signin?next=/admin/identity-providers", locale="en-GB")
    page.fill("#email", account.email)
    page.fill("#password", account.password)
    page.press("#password", "Enter")
    if "/password" in page.url:
        choose(page, account.password, "seven lamps over quiet water")
    page.goto(f"{server.origin}/admin/identity-providers")
    for name, value in (
        ("name", "Corp"),
        ("issuer", provider.issuer),
        ("client_id", "lethe"),
        ("domains", "corp.example"),
    ):
        page.focus(f"#{name}")
        page.keyboard.type(value)
    page.focus("[name=creates]")
    page.keyboard.press("Space")
    page.focus("#client_secret")
    page.keyboard.type("hush")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Corp")
    page.get_by_role("button", name="Test the connection").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The provider answers, with one key")

    hers = open_page(f"{server.origin}/signin", locale="en-GB")
    through(hers, "Corp", "yan@corp.example", provider)
    page.reload()
    expect(page.get_by_role("row", name="Yan P.")).to_be_visible()


def set_up_by_mouse(page: Page, provider: Provider) -> None:
    """Fill in the form for a provider, and send it."""
    for name, value in (("name", "Scim Corp"), ("issuer", provider.issuer), ("client_id", "lethe")):
        page.locator(f"#{name}").fill(value)
    page.locator("#client_secret").fill("hush")
    page.locator("#domains").fill("scim.example")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Scim Corp")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_role("status")).to_contain_text("The provider answers, with one key")


def test_an_owner_lets_a_program_add_agents_and_let_them_out(
    server: Lethe, provider: Provider, open_page: OpenPage
) -> None:
    account, email = server.account(), "zoe@scim.example"
    provider.knows("zoe", email=email, email_verified=True, name="Zoe Vale")
    name, _, value = account.sign_in().partition("=")
    owner: StorageState = {"cookies": [{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}]}
    listed = open_page(f"{server.origin}/admin/identity-providers", storage_state=owner, **ENGLISH)
    set_up_by_mouse(listed, provider)
    page = open_page(f"{server.origin}/admin/tokens", storage_state=owner, **NARROW)
    reach(page, "#name")
    page.keyboard.type("Okta")
    reach(page, "#scope_scim")
    page.keyboard.press("End")
    reach(page, "form.card > .form-actions button")
    page.keyboard.press("Enter")
    token = page.locator("code.secret").inner_text()
    base = page.get_by_text("/scim/v2", exact=False).last.inner_text()
    assert found(page) == []
    page.goto(page.url.partition("?")[0])
    assert token not in page.content()
    page.locator("#name").fill("Entra")
    page.locator("#scope_scim").select_option("write")
    page.locator("form.card > .form-actions button").click()
    other = page.locator("code.secret").inner_text()

    def asks(method: str, path: str, token: str = token, **body: object) -> httpx2.Response:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/scim+json"}
        return httpx2.request(method, f"{base}{path}", json=body or None, headers=headers)

    user = ["urn:ietf:params:scim:schemas:core:2.0:User"]
    made = asks("POST", "/Users", schemas=user, userName=email, displayName="Zoe Vale", active=True)
    assert made.status_code == 201, made.text
    assert asks("GET", "/Users", other).json()["totalResults"] >= 1
    listed.goto(f"{server.origin}/admin/agents")
    row = listed.get_by_role("row", name="Zoe Vale")
    expect(row).to_contain_text(email)
    expect(row.get_by_text("deactivated", exact=True)).to_have_count(0)
    hers = open_page(f"{server.origin}/signin", **ENGLISH)
    through(hers, "Scim Corp", email, provider, lambda where: where.click())
    out = {"op": "replace", "path": "active", "value": False}
    schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
    patched = asks("PATCH", f"/Users/{made.json()['id']}", schemas=schemas, Operations=[out])
    assert patched.json()["active"] is False
    hers.wait_for_url("**/signin**")
    listed.reload()
    expect(row.get_by_text("deactivated", exact=True)).to_be_visible()
