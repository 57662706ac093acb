"""The filter over REST: how it judges a text, what it is, and its training runs."""

from __future__ import annotations

from msgspec import Struct

from chat.core import frames
from chat.spam_filter.actions import runs, training
from chat.spam_filter.actions.views import FilterModel, TextVerdict, TrainingRunReport, TrainingRunView
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import CURSOR, LIMIT, Listed, listed


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """A text to judge. It is not kept."""

    text: str


class Use(Struct, frozen=True, forbid_unknown_fields=True):
    """The version that is to serve, 0 for the shipped head."""

    version: frames.Seq


@endpoint("POST /spam/classify", permission="spam.classify", audited=())
async def classify(ask: Ask[Text]) -> TextVerdict:
    """Judge a text."""
    return training.classify(ask.services, ask.actor, ask.body.text)


@endpoint("GET /spam/model", permission="filter.read", audited=())
async def model(ask: Ask[None]) -> FilterModel:
    """Return what the account's filter is."""
    return await training.model(ask.services, ask.actor)


@endpoint("PUT /spam/model", permission="filter.train", audited={"filter.promoted"})
async def put_model(ask: Ask[Use]) -> FilterModel:
    """Put a version to use, an older one too."""
    return await runs.use(ask.services, ask.actor, ask.body.version)


@endpoint("GET /spam/training-runs", permission="filter.train", query=[LIMIT, CURSOR], audited=())
async def list_runs(ask: Ask[None]) -> Listed[TrainingRunView]:
    """Return the retrainings, newest first."""
    before = ask.query(CURSOR)
    items, after = await runs.page(ask.services, ask.actor, before[0] if before else None, ask.query(LIMIT))
    return listed(items, None if after is None else (after,))


@endpoint("POST /spam/training-runs", permission="filter.train", audited={"filter.trained"}, status=202)
async def post_run(ask: Ask[None]) -> TrainingRunView:
    """Begin a retraining. The answer is the one under way where there is one."""
    return await runs.start(ask.services, ask.actor)


@endpoint("GET /spam/training-runs/{id}", permission="filter.train", audited=())
async def get_run(ask: Ask[None]) -> TrainingRunReport:
    """Return its progress, and the report."""
    return await runs.one(ask.services, ask.actor, ask.path["id"])


@endpoint("DELETE /spam/training-runs/{id}", permission="filter.train", audited={"filter.discarded"})
async def discard_run(ask: Ask[None]) -> TrainingRunReport:
    """Say that its version is not wanted. It is kept."""
    return await runs.discard(ask.services, ask.actor, ask.path["id"])
