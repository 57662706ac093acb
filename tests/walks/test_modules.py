"""What widget and inbox share, module by module in a real browser: what it promises, and that a fault in it shows."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.walks.claims import CLAIMS, Claim
from tests.walks.line_claims import LINE_CLAIMS
from tests.walks.scripts import ROOT, serve

ALL = CLAIMS | LINE_CLAIMS


def given(page: Page, claim: Claim) -> Any:
    """What the module gives."""
    return page.evaluate(f"async () => {{ let its = await import('/{claim.module}'); {claim.body} }}")


@pytest.mark.parametrize("claim", ALL)
def test_a_module_does_what_it_promises_and_a_fault_shows(page: Page, claim: str) -> None:
    wanted = ALL[claim]
    serve(page)
    assert given(page, wanted) == wanted.gives
    serve(page, {wanted.module: wanted.fault})
    assert given(page, wanted) != wanted.gives


def test_no_module_that_is_shared_promises_nothing() -> None:
    shared = {str(path.relative_to(ROOT)) for path in (ROOT / "static" / "common").glob("*.js")}
    promised = {claim.module for claim in ALL.values()}
    assert shared - promised == {"static/common/floor.js"}, "which is no module, for browsers that know none"
