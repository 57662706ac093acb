"""
The matrix of rights: each role asks each address for programs, about what is its own account's, another department's
and another account's; agents see their own department alone. What is to be answered is read from the table of
permissions, and what to ask from the addresses, so that one which nobody thought of is asked too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from chat.account.store import put_agent_in
from chat.core.access import ROLES
from chat.departments import actions as departments
from chat.roles import actions as roles
from chat.routes import programs
from chat.tickets.actions import changing
from chat.web.endpoint import API, Endpoint
from tests.inside import House, Served, found, new_id
from tests.test_permissions import PERMISSIONS
from tests.test_roles import joined

pytestmark = pytest.mark.anyio
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
OWN, DEPARTMENT, ACCOUNT = "own", "another department", "another account"
OF_A_DEPARTMENT = {"tickets", "contacts", "attachments", "mentions"}
OF_THE_ACCOUNT = {
    *(
        "agents",
        "canned-responses",
        "own-responses",
        "views",
        "departments",
        "erasure-asks",
        "erasures",
        "exports",
        "identity-providers",
        "invitations",
        "retention",
        "sessions",
        "sites",
        "spam",
        "tags",
        "webhooks",
    ),
    *("canned-responses", "identity-providers", "sites", "tags", "tokens", "webhooks"),
}
Cell = tuple[str, str, str]


@dataclass
class Target:
    """A ticket with its contact and a file."""

    number: int
    contact: str
    file: str

    def address(self, each: Endpoint) -> str:
        """The address about it. What else is named is nobody's."""
        uid = {"contacts": self.contact, "attachments": self.file}.get(kind_of(each)) or new_id()
        return each.path.replace("{number:int}", str(self.number)).replace("{seq:int}", "1").replace("{id}", uid)


@dataclass
class Matrix:
    """Who asks, by role, and about what, by whose it is."""

    app: Served
    bearers: dict[str, dict[str, str]]
    targets: dict[str, Target]

    async def wrong(self) -> dict[Cell, int]:
        """The cells in which another answer comes than the table of permissions says."""
        found_wrong = {}
        for each, role, whose in cells():
            body: object = None if each.verb in {"GET", "DELETE"} else {}
            ask = self.app.client.request(
                each.verb, self.targets[whose].address(each), json=body, headers=self.bearers[role]
            )
            status = (await ask).status_code
            if not fits(each, role, whose, status):
                found_wrong[str(each), role, whose] = status
        return found_wrong


def kind_of(each: Endpoint) -> str:
    """What an address is about: the word after the version."""
    return each.path.removeprefix(API).split("/")[1]


def asked() -> list[Endpoint]:
    """Every address for programs that needs a permission, those last that take things away."""
    return sorted((each for each in programs() if each.permission is not None), key=lambda each: each.verb == "DELETE")


def is_of_a_department(each: Endpoint) -> bool:
    """Whether an address names what a department has."""
    return "{" in each.path and kind_of(each) in OF_A_DEPARTMENT


def cells() -> Iterator[tuple[Endpoint, str, str]]:
    """Yield the matrix: what is somebody else's first, while nothing was taken away."""
    for whose in (ACCOUNT, DEPARTMENT, OWN):
        for each in asked():
            for role in reversed(ROLES):
                if whose == OWN or is_of_a_department(each):
                    yield each, role, whose


def fits(each: Endpoint, role: str, whose: str, status: int) -> bool:
    """Whether an answer is the one that the table of permissions says."""
    if each.permission not in PERMISSIONS[role]:
        return status == 403
    if whose == ACCOUNT or (whose == DEPARTMENT and role == "agent"):
        # What was sent with it may be refused first.
        return status == 404 or (status == 422 and each.verb not in {"GET", "DELETE"})
    return status not in {401, 403} and status < 500


@pytest.fixture
async def matrix(app: Served, monkeypatch: pytest.MonkeyPatch) -> Matrix:
    """Somebody of each role, tickets of two departments, and one of another account."""

    async def uncounted(*_: object) -> None:
        """Nobody asks too often here."""

    monkeypatch.setattr("chat.web.endpoint.count", uncounted)
    house = app.house
    other = await found(app.services, "Other", "owner@other.example", house.box)
    await other.publish()
    targets = {OWN: await target(app, house), DEPARTMENT: await target(app, house), ACCOUNT: await target(app, other)}
    people = {role: await joined(house, role) for role in ROLES}
    sales, returns = [(await departments.add(app.services, house.actor, each, {})).id for each in ("sales", "returns")]
    for whose, department in ((OWN, sales), (DEPARTMENT, returns)):
        await changing.change(app.services, house.actor, targets[whose].number, {"department": department})
    account, agent = house.actor.account_id, people["agent"].id
    await app.services.store.write(lambda tx: put_agent_in(tx, account, agent, [sales]))
    await roles.change(app.services, house.actor, {"agent": {"ticket.read_all": False}})
    return Matrix(app, {role: each.bearer for role, each in people.items()}, targets)


async def target(app: Served, house: House) -> Target:
    """A ticket with a file in an account."""
    guest = await house.visit("Ada")
    file = {"file": ("a.txt", b"a text")}
    sent = await app.client.post(f"/widget/{house.key}/attachments", files=file, headers=guest.bearer)
    draft = guest.draft("see")
    draft.attachments = (sent.json()["id"],)
    number = (await house.box.post(draft)).number
    # Numbers are of an account: one that the first has too would be its own.
    while house is not app.house and number < 3:
        number = (await (await house.visit("Bob")).say("another")).number
    return Target(number, guest.contact.uid, sent.json()["id"])


@ON_SQLITE
async def test_each_role_is_answered_by_each_address_as_the_table_says(matrix: Matrix) -> None:
    assert await matrix.wrong() == {}


@ON_SQLITE
async def test_the_control_a_server_that_asks_nobody_for_a_permission_is_found(
    matrix: Matrix, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Endpoint, "require_allowed", lambda *_: None)
    monkeypatch.setattr(
        "tests.test_role_matrix.asked", lambda: [each for each in programs() if each.path == f"{API}/roles"]
    )
    assert ("PUT /api/v1/roles", "admin", OWN) in await matrix.wrong()


def test_an_address_is_about_something_that_is_known_here() -> None:
    named = {kind_of(each) for each in asked() if "{" in each.path}
    assert named <= OF_A_DEPARTMENT | OF_THE_ACCOUNT, "say whose it is: a department's, or the account's"
    assert len({str(each) for each, *_ in cells()}) == len(asked()) > 80
    assert {role for _, role, _ in cells()} == set(ROLES)
