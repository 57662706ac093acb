"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.core.locations import DataLocation
from chat.infra.filters import LEARNT, VERSIONS
from chat.infra.gathered import Sweep
from chat.spam_filter import api, domain, schema
from chat.spam_filter.actions import exporting, following, forgetting, runs, versions
from chat.spam_filter.pages import training
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

WORDS = DataLocation(
    "filter", "memory", "nobody", "words the spam filter has met, without whose they are, until an erasure or a restart"
)

feature = Feature(
    "spam_filter",
    Path(__file__).parent,
    tables=(
        schema.label,
        schema.review,
        schema.given,
        schema.training_run,
        schema.promotion,
        schema.mistake,
    ),
    endpoints=endpoints(api, training),
    permissions={"filter.read": "agent", "spam.classify": "agent", "filter.train": "admin"},
    account_settings=(domain.HAM_HELD,),
    menu=(Menu("account", 6, "/admin/filter", "page.filter"),),
    sweeps=(Sweep("training", runs.sweep, 60.0),),
    audited=(
        "filter.discarded",
        "filter.promoted",
        "filter.trained",
        "spam.marked",
        "spam.unmarked",
    ),
    data_locations=(LEARNT, VERSIONS, WORDS),
    erasure_steps=(forgetting.UNLEARNT, forgetting.SETTLED),
    export_parts=(exporting.SCORES,),
    account_changed=(versions.follow_target,),
    follows=(following.follow_labels,),
)
