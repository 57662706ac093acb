"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.infra.gathered import Sweep
from chat.waiting_mail import actions, domain, schema
from chat.web.feature import Feature

feature = Feature(
    "waiting_mail",
    Path(__file__).parent,
    tables=(schema.waiting_mail,),
    account_settings=(domain.WAITING_MINUTES,),
    sweeps=(Sweep("waiting_mail", actions.sweep, 15.0),),
)
