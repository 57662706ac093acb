"""What a site asks before a chat: the fields as its owner writes them, and the answers as visitors give them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from chat.core.addresses import address
from chat.core.errors import InvalidField, named
from chat.core.model import FIELD_ASKS, LOCALES, Contact, CustomField, Site
from chat.core.texts import line
from chat.infra.services import Services

KNOWN = ("name", "email", "phone")
DEPARTMENT = "department"
"""Chosen and not written; nobody has to, and it is no part of what is known of a contact."""
DEPARTMENT_ASKS = ("off", "optional")
CUSTOM_MOST, LABEL, ANSWER = 5, 100, 200
PHONE = re.compile(r"\+?[\d\s()./-]{3,40}")
CUSTOM_ID = re.compile(r"c\d{1,4}")


class AskedField(Struct, frozen=True):
    """What is asked before the chat, in the visitor's language."""

    id: str
    label: str
    required: bool


class GivenField(Struct, frozen=True):
    """A contact's answer to a field of the site's own, with the label that was shown."""

    id: str
    label: str
    value: str


def known(value: Mapping[str, str]) -> dict[str, str]:
    """Return for name, e-mail and phone whether each is asked, and the department where it is. Raises InvalidField."""
    made = {name: value.get(name, "off") for name in KNOWN}
    if any(ask not in FIELD_ASKS for ask in made.values()) or set(value) - {*made, DEPARTMENT}:
        raise InvalidField(f"Each field is one of {', '.join(FIELD_ASKS)}", field="fields")
    if (department := value.get(DEPARTMENT, "off")) not in DEPARTMENT_ASKS:
        raise InvalidField(f"The department is one of {', '.join(DEPARTMENT_ASKS)}", field="fields")
    return made if department == "off" else made | {DEPARTMENT: department}


def custom(value: Sequence[CustomField]) -> list[CustomField]:
    """
    Return a site's own fields as they are stored: with an id, which is made where it is missing, and tidied labels.

    Raises InvalidField where there are too many, an id comes twice, or a field has no label or a long one.
    """
    if len(value) > CUSTOM_MOST:
        raise InvalidField(f"A site asks at most {CUSTOM_MOST} fields of its own", field="custom_fields")
    taken = [each.id for each in value if each.id]
    if len(set(taken)) < len(taken) or not all(CUSTOM_ID.fullmatch(each) for each in taken):
        raise InvalidField("Each field has an id of its own", field="custom_fields")
    free = max((int(each[1:]) for each in taken), default=0)
    made = []
    for each in value:
        free += not each.id
        made.append(CustomField(each.id or f"c{free}", _labels(each), each.required))
    return made


def asked(site: Site, locale: str, say: Mapping[str, str]) -> list[AskedField]:
    """Return what is asked, in its order, as a widget shows it."""
    asks = [(name, site.fields.get(name, "off")) for name in KNOWN]
    shown = [AskedField(name, say[name], required=ask == "required") for name, ask in asks if ask != "off"]
    own = [AskedField(each.id, label(each, locale), required=each.required) for each in site.custom_fields]
    return [*shown, *own]


def label(field: CustomField, locale: str) -> str:
    """Return a field's label in a language, else in one it has."""
    labels = field.labels
    return labels.get(locale) or next(labels[each] for each in LOCALES if labels.get(each))


def checked(site: Site, answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers that are not empty. Raises InvalidField, naming the first field that is wrong."""
    asks = {name: site.fields.get(name, "off") for name in KNOWN}
    asks |= {each.id: "required" if each.required else "optional" for each in site.custom_fields}
    unknown = sorted(set(answers) - set(asks))
    if unknown:
        raise InvalidField("There is no such field", field=named(unknown[0]))
    made = {name: line(answers.get(name, "")) for name in asks}
    for name, value in made.items():
        _fits(name, value, asks[name])
    if made["email"]:
        made["email"] = address(made["email"])
    return {name: value for name, value in made.items() if value}


def corrected(site: Site, locale: str, known: Sequence[GivenField], answers: Mapping[str, str]) -> list[GivenField]:
    """
    Return a contact's answers to the site's own fields with these in their places; an empty one takes an answer away.
    An answer keeps the label that was shown. Raises InvalidField where there is no such field.
    """
    labels = {each.id: label(each, locale) for each in site.custom_fields} | {each.id: each.label for each in known}
    unknown = sorted(set(answers) - set(labels))
    if unknown:
        raise InvalidField("There is no such field", field=named(unknown[0]))
    values = {each.id: each.value for each in known} | {uid: tidied(uid, text) for uid, text in answers.items()}
    return [GivenField(uid, labels[uid], values[uid]) for uid in labels if values.get(uid)]


def tidied(name: str, text: str) -> str:
    """Return an answer as it is stored, "" for none. Raises InvalidField, naming the field."""
    text = line(text)
    _fits(name, text, "optional")
    return address(text) if name == "email" and text else text


def sealed(
    services: Services, site: Site, locale: str, uid: str, slot: int, answers: Mapping[str, str]
) -> dict[str, bytes | None]:
    """Return the columns of a new contact for checked answers. Own fields keep the label that was shown."""
    own = [
        {"id": each.id, "label": label(each, locale), "value": answers[each.id]}
        for each in site.custom_fields
        if each.id in answers
    ]
    texts = {name: answers.get(name, "") for name in KNOWN} | {"fields": json.dumps(own) if own else ""}
    return {name: services.seal(slot, uid, name, text) if text else None for name, text in texts.items()}


def given(services: Services, contact: Contact) -> list[GivenField]:
    """Return a contact's answers to the site's own fields."""
    own = services.unseal(contact.key_slot, contact.uid, "fields", contact.fields)
    return msgspec.json.decode(own, type=list[GivenField]) if own else []


def _labels(field: CustomField) -> dict[str, str]:
    said = {locale: line(text) for locale, text in field.labels.items()}
    labels = {locale: text for locale, text in said.items() if text}
    if not labels or set(labels) - set(LOCALES) or any(len(text) > LABEL for text in labels.values()):
        raise InvalidField(f"A field has a label of at most {LABEL} characters", field="custom_fields")
    return labels


def _fits(name: str, value: str, ask: str) -> None:
    if ask == "off" and value:
        raise InvalidField("This site does not ask for it", field=name)
    if ask == "required" and not value:
        raise InvalidField("This is needed", field=name)
    if len(value) > ANSWER or any(ord(char) < ord(" ") for char in value):
        raise InvalidField(f"Give at most {ANSWER} characters on one line", field=name)
    if name == "phone" and value and not PHONE.fullmatch(value):
        raise InvalidField("This is not a telephone number", field=name)
