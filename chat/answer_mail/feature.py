"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.answer_mail import actions, domain, pages, schema
from chat.infra.gathered import Sweep
from chat.web.endpoint import endpoints
from chat.web.feature import Feature

feature = Feature(
    "answer_mail",
    Path(__file__).parent,
    tables=(schema.answer_letter, schema.answer_mail, schema.answer_link),
    endpoints=endpoints(pages),
    account_settings=(domain.ANSWER_MINUTES, domain.ANSWER_TEXT),
    sweeps=(Sweep("answers", actions.sweep, 15.0),),
    audited=("answer.mailed", "answer.opened", "answers.ended"),
)
