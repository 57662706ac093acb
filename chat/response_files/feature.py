"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.infra.gathered import FileRows
from chat.response_files import actions, schema, store
from chat.web.feature import Feature

feature = Feature(
    "response_files",
    Path(__file__).parent,
    tables=(schema.response_file,),
    data_locations=(actions.FILES,),
    agent_erasure_steps=(actions.FILES_GO,),
    file_rows=(FileRows(store.list_referred, store.known),),
    stored=(store.bytes_of,),
)
