"""The page that a mailed link brings a chat back by, and the one that ends such mail."""

from __future__ import annotations

from starlette.responses import Response

from chat.answer_mail import actions
from chat.core.errors import LetheError, NotFound, RateLimited, Unauthorized
from chat.web.authentication import network_of
from chat.web.endpoint import Ask, endpoint
from chat.web.page_endpoint import LOCALE, PageAsk, page_endpoint
from chat.web.pages import page

LIMITED = "signin.error.rate_limited"


@page_endpoint("GET /answers/{site_key}", audience="anybody")
async def arrive(ask: PageAsk) -> Response:
    """Show the page that a link opens: its script takes the secret out of the address and posts it here."""
    await actions.get_account(ask.services, ask.path["site_key"])
    return ask.page("mailed-link.html", action=f"/answers/{ask.path['site_key']}", title="answers.title")


@page_endpoint("POST /answers/{site_key}", audience="anybody", audited={"answer.opened"})
async def bring_back(ask: PageAsk) -> Response:
    """Show what a link is for. With `open` use it up, and hand the browser what its chat goes on by."""
    key, link, network = ask.path["site_key"], ask.form.get("link", ""), network_of(ask.request)
    opens = "open" in ask.form
    try:
        account, site = await actions.get_account(ask.services, key)
        found = await (actions.use_link if opens else actions.get_standing)(ask.services, key, link, network)
    except RateLimited as error:
        return ask.page("answer-refused.html", error.status, why=LIMITED, site=None)
    if found.standing != "good":
        return ask.page("answer-refused.html", 410, why=f"answers.{found.standing}", site=site)
    template = "answer-opened.html" if opens else "answer-link.html"
    return ask.page(template, controller=account, key=key, link=link, token=found.token, contact=found.contact)


@page_endpoint("GET /answers/{site_key}/stop/{token}", audience="anybody")
async def ask_to_stop(ask: PageAsk) -> Response:
    """Ask whether mail about answers is to end: who only looks, as programs do, ends nothing."""
    account, _ = await actions.get_account(ask.services, ask.path["site_key"])
    return ask.page("answer-stop.html", controller=account, stopped=False)


@endpoint("POST /answers/{site_key}/stop/{token}", audience="anybody", query=[LOCALE], audited={"answers.ended"})
async def stop(ask: Ask[None]) -> Response:
    """End mail about answers: for the button on our page, and for that of a mail program, which no page sends."""
    try:
        account, _ = await actions.get_account(ask.services, ask.path["site_key"])
        await actions.unsubscribe(ask.services, ask.path["token"])
    except (NotFound, Unauthorized) as error:
        return _refused(ask, error)
    return page(ask.request, "answer-stop.html", controller=account, stopped=True)


def _refused(ask: Ask[None], error: LetheError) -> Response:
    return page(ask.request, "answer-refused.html", status=max(404, error.status), why="answers.no_stop", site=None)
