"""CVE-2022-0083 (Live Helper Chat): known and unknown users were refused differently. Here a refusal is one."""

import pytest

from tests.inside import Served

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_wrong_password_and_an_unknown_address_are_refused_alike(app: Served) -> None:
    known = app.house.made.owner_email
    answers = [await app.sign_in(email, "a wrong password, long") for email in (known, "nobody@acme.example")]
    assert answers[0].status_code == answers[1].status_code != 303
    shown = [each.text.replace(known, "E").replace("nobody@acme.example", "E") for each in answers]
    assert shown[0] == shown[1]
    assert (await app.sign_in()).status_code == 303, "the control"
