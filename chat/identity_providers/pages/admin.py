"""The owner's pages about identity providers."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET
from starlette.responses import RedirectResponse, Response

from chat.core.errors import ChangedMeanwhile, InvalidField, NotNow
from chat.core.ids import uuid7
from chat.core.versions import precondition, tag_of
from chat.identity_providers.actions import providers, views
from chat.identity_providers.actions.settings import NewProvider, ProviderChange
from chat.identity_providers.actions.views import ProviderView
from chat.identity_providers.domain.people import GIVEN
from chat.web.authentication import own_origin
from chat.web.forms import Errors, Form, saved
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint
from chat.web.requests import uid

PAGE = "/admin/identity-providers"
EMPTY = dict.fromkeys(("id", "name", "issuer", "client_id", "domains", "role_claim", "roles", "factors"), "")
EMPTY |= {"default_role": "agent"}


@page_endpoint("GET /admin/identity-providers", permission="provider.read", query=[SAVED])
async def show_providers(ask: PageAsk) -> Response:
    """Show them, and the form for another."""
    return await _list(ask, EMPTY | {"id": uuid7()})


@page_endpoint("POST /admin/identity-providers", permission="provider.change", audited={"provider.added"}, step_up=True)
async def add_provider(ask: PageAsk) -> Response:
    """Set one up."""
    form = ask.form
    try:
        typed = _typed(form, form.get("client_secret", ""))
        wanted = NewProvider(id=uid(form.get("id", ""), "id"), issuer=form.get("issuer", ""), **typed)
        made, _ = await providers.add(ask.services, ask.actor, wanted)
    except (InvalidField, NotNow) as error:
        return await _list(ask, EMPTY | form, _wrong(error), 422)
    return saved(f"{PAGE}/{made.id}")


@page_endpoint("GET /admin/identity-providers/{id}", permission="provider.read", query=[SAVED])
async def show_one(ask: PageAsk) -> Response:
    """Show one."""
    return await _one(ask)


@page_endpoint(
    "POST /admin/identity-providers/{id}", permission="provider.change", audited={"provider.changed"}, step_up=True
)
async def save_one(ask: PageAsk) -> Response:
    """Save it, unless somebody changed it since it was shown."""
    form, seen = ask.form, precondition(ask.form.get("seen"))
    kept = "" if form.get("public") == "yes" else form.get("client_secret") or UNSET
    try:
        await providers.change(ask.services, ask.actor, ask.path["id"], ProviderChange(**_typed(form, kept)), seen)
    except InvalidField as error:
        return await _one(ask, form, _wrong(error), 422)
    except ChangedMeanwhile as error:
        return await _one(ask, form, {"whole": "providers.error.changed"}, error.status)
    return saved(f"{PAGE}/{ask.path['id']}")


@page_endpoint("POST /admin/identity-providers/{id}/test", permission="provider.change")
async def try_one(ask: PageAsk) -> Response:
    """Show what it says of itself."""
    try:
        found = await providers.test(ask.services, ask.actor, ask.path["id"])
    except InvalidField as error:
        return await _one(ask, tested={"why": f"provider.why.{error.extra.get('why')}"}, status=422)
    return await _one(ask, tested={"found": found})


@page_endpoint(
    "POST /admin/identity-providers/{id}/delete",
    permission="provider.change",
    audited={"provider.removed"},
    step_up=True,
)
async def remove_one(ask: PageAsk) -> Response:
    """Remove it."""
    await providers.remove(ask.services, ask.actor, ask.path["id"])
    return saved(PAGE)


@page_endpoint(
    "POST /admin/identity-providers/{id}/agents/{agent}/delete",
    permission="provider.change",
    audited={"provider.unlinked"},
    step_up=True,
)
async def part_one(ask: PageAsk) -> Response:
    """Part an agent from who they are there."""
    await providers.unlink(ask.services, ask.actor, ask.path["id"], ask.path["agent"])
    return RedirectResponse(f"{PAGE}/{ask.path['id']}?saved=1", 303)


def _typed(form: Form, client_secret: Any) -> dict[str, Any]:
    """Return the settings as a form has them. Raises InvalidField."""
    return {
        "name": form.get("name", ""),
        "client_id": form.get("client_id", ""),
        "client_secret": client_secret,
        "domains": form.get("domains", "").replace(",", " ").split(),
        "creates": form.get("creates") == "yes",
        "enforced": form.get("enforced") == "yes",
        "default_role": form.get("default_role", ""),
        "role_claim": form.get("role_claim", ""),
        "roles": _roles(form.get("roles", "")),
        "factors": form.get("factors", "").split(),
    }


def _roles(typed: str) -> dict[str, str]:
    """Read lines as `word = role`. Raises InvalidField."""
    made = {}
    for line in filter(None, map(str.strip, typed.splitlines())):
        word, _, role = line.rpartition("=")
        if not word.strip() or word.strip() in made:
            raise InvalidField("Write each line as: word = role", field="roles")
        made[word.strip()] = role.strip()
    return made


def _wrong(error: InvalidField | NotNow) -> Errors:
    if isinstance(error, NotNow):
        return {"whole": "providers.error.many"}
    field = str(error.extra["field"])
    return {"whole": "providers.error.id"} if field == "id" else {field: f"providers.error.{field}"}


async def _list(ask: PageAsk, form: Form, errors: Errors | None = None, status: int = 200) -> Response:
    listed = await views.list_providers(ask.services, ask.actor)
    more = {"providers": listed, "form": form, "roles": GIVEN, "back": _back(ask, form.get("id", ""))}
    return ask.page("admin-identity-providers.html", status, errors=errors, **more)


async def _one(
    ask: PageAsk,
    form: Form | None = None,
    errors: Errors | None = None,
    status: int = 200,
    tested: dict[str, Any] | None = None,
) -> Response:
    now = await views.one(ask.services, ask.actor, ask.path["id"])
    linked = await views.linked(ask.services, ask.actor, ask.path["id"])
    more: dict[str, Any] = {
        "provider": now,
        "linked": linked,
        "seen": tag_of(now),
        "tested": {"found": None, "why": ""} | (tested or {}),
    }
    more |= {"form": _form(now) if form is None else EMPTY | form}
    links = {"back": _back(ask, now.id), "here": f"{own_origin(ask.request)}/signin/provider/{now.id}"}
    return ask.page("admin-identity-provider.html", status, errors=errors, roles=GIVEN, **more, **links)


def _back(ask: PageAsk, provider_id: str) -> str:
    return f"{own_origin(ask.request)}/signin/provider/{provider_id}/back"


def _form(now: ProviderView) -> Form:
    return {
        "name": now.name,
        "client_id": now.client_id,
        "domains": "\n".join(now.domains),
        "creates": "yes" if now.creates else "",
        "enforced": "yes" if now.enforced else "",
        "default_role": now.default_role,
        "role_claim": now.role_claim,
        "roles": "\n".join(f"{word} = {role}" for word, role in now.roles.items()),
        "factors": " ".join(now.factors),
    }
