"""What a site asks before a chat: its own fields are sealed with the contact, shown to agents, and erased with it."""

import httpx2
import pytest
from msgspec.structs import replace

from chat.account.actions import accounts
from chat.consent.domain import AGREEMENT_RATE
from chat.core.errors import InvalidField
from chat.core.model import CustomField
from chat.erasure.actions import erasure
from chat.tickets.domain import MESSAGE_RATE
from tests.inside import CHAT, Served, contact_of, counted, problem_of

pytestmark = pytest.mark.anyio
CANARY = "zqxjkvorder4711"
PHONE = "+30 210 555 0147"
ORDER = CustomField(labels={"en": "Order number", "el": "Αριθμός παραγγελίας"}, required=True)
TOWN = CustomField(labels={"en": "Town"})


async def ask(app: Served, *custom: CustomField, phone: str = "optional") -> None:
    """Let the site ask for a phone number and fields of its own."""
    fields = {"name": "off", "email": "off", "phone": phone}
    house = app.house
    await accounts.change_site(app.services, house.actor, house.site.id, fields=fields, custom_fields=list(custom))


async def agree(app: Served, **fields: str) -> httpx2.Response:
    body = {"notice_version": 1, "consent": {"chat": True}, "fields": fields, "locale": "el"}
    return await app.call("POST", f"/widget/{app.house.key}/sessions", body)


async def test_config_asks_in_the_readers_language_and_in_the_sites_order(app: Served) -> None:
    await ask(app, ORDER, TOWN)
    for locale, labels in (
        ("en", ["Phone", "Order number", "Town"]),
        ("el", ["Τηλέφωνο", "Αριθμός παραγγελίας", "Town"]),
    ):
        config = (await app.call("GET", f"/widget/{app.house.key}/config?locale={locale}")).json()
        assert [each["label"] for each in config["fields"]] == labels
    assert [(each["id"], each["required"]) for each in config["fields"]] == [
        ("phone", False),
        ("c1", True),
        ("c2", False),
    ]


async def test_answers_are_shown_to_agents_sealed_on_disk_and_gone_with_the_contact(app: Served) -> None:
    await ask(app, ORDER, TOWN)
    begun = (await agree(app, phone=PHONE, c1=f"  {CANARY} ")).json()
    shown = (await app.rest("GET", f"/contacts/{begun['contact_id']}")).json()
    assert shown["phone"] == PHONE
    assert shown["fields"] == [{"id": "c1", "label": "Αριθμός παραγγελίας", "value": CANARY}]
    contact = await contact_of(app.services, begun["contact_id"])
    assert CANARY.encode() not in (contact.fields or b"")
    for path in app.services.settings.data.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path
    await erasure.by_agent(app.services, app.house.actor, begun["contact_id"])
    await erasure.sweep(app.services)
    assert (await counted(app.services))["contact"] == 0


async def test_an_answer_that_does_not_fit_is_named_and_stores_nothing(app: Served) -> None:
    await ask(app, ORDER, TOWN)
    wrong = [
        ({}, "c1"),
        ({"c1": "  "}, "c1"),
        ({"c1": "x" * 201}, "c1"),
        ({"c1": "a\x00b"}, "c1"),
        ({"c1": "7", "c3": "7"}, "c3"),
        ({"c1": "7", "name": "Zoe"}, "name"),
        ({"c1": "7", "phone": "call me"}, "phone"),
        ({"c1": "7", "labels": "x"}, "labels"),
    ]
    for fields, named in wrong:
        assert problem_of(await agree(app, **fields), 422, "invalid_field")["field"] == named
    assert (await counted(app.services))["contact"] == 0
    assert (await agree(app, c1="7")).status_code == 201


async def test_a_field_that_was_removed_is_asked_no_more_and_its_answers_keep_their_label(app: Served) -> None:
    await ask(app, ORDER, TOWN)
    begun = (await agree(app, c1="7", c2="Volos")).json()
    await ask(app, replace(TOWN, id="c2"))
    assert problem_of(await agree(app, c1="7"), 422, "invalid_field")["field"] == "c1"
    shown = (await app.rest("GET", f"/contacts/{begun['contact_id']}")).json()
    assert [(each["label"], each["value"]) for each in shown["fields"]] == [
        ("Αριθμός παραγγελίας", "7"),
        ("Town", "Volos"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        [TOWN] * 6,
        [CustomField()],
        [CustomField(labels={"en": "x" * 101})],
        [CustomField(labels={"de": "Ort"})],
        [replace(TOWN, id="email")],
        [replace(TOWN, id="c1"), replace(TOWN, id="c1")],
    ],
)
async def test_a_field_that_is_none_is_refused(app: Served, wrong: list[CustomField]) -> None:
    with pytest.raises(InvalidField):
        await ask(app, *wrong)


async def test_the_owner_adds_requires_and_removes_fields_on_the_sites_page(app: Served) -> None:
    await app.sign_in()
    page = (await app.call("GET", "/admin/site")).text
    mark = page.partition('name="csrf" value="')[2].partition('"')[0]
    form = {"csrf": mark, "name": "Acme", "origins": "https://shop.example", "color": "#2f6f5e"}
    form |= {"message_rate": "120", "agreement_rate": "30"}
    own = {"custom_0_id": "", "custom_0_en": "Order <number>", "custom_0_el": "", "custom_0_ask": "required"}

    async def save(**more: str) -> httpx2.Response:
        return await app.client.post("/admin/site", data=form | more, headers={"origin": CHAT})

    assert (await save(**own, privacy_note="We also keep invoices.")).status_code == 303
    site = (await accounts.sites(app.services, app.house.actor))[0]
    assert site.custom_fields == [CustomField("c1", {"en": "Order <number>"}, required=True)]
    assert site.privacy_note == "We also keep invoices."
    assert "Order &lt;number&gt;" in (await app.call("GET", "/admin/site")).text
    assert (await save(**own, agreement_rate="250")).status_code == 303
    account = await accounts.account(app.services, app.house.actor)
    assert (account[MESSAGE_RATE], account[AGREEMENT_RATE]) == (120, 250)
    for wrong in ("", "-1", "10001", "many"):
        refused = await save(**own, agreement_rate=wrong)
        assert refused.status_code == 422
        assert 'id="agreement_rate-error"' in refused.text
    long = await save(**own | {"custom_0_en": "x" * 101})
    assert long.status_code == 422
    assert 'id="custom_fields-error"' in long.text
    assert (await save(**own | {"custom_0_id": "c1", "custom_0_ask": "off"})).status_code == 303
    assert (await accounts.sites(app.services, app.house.actor))[0].custom_fields == []
