"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.attachments import schema, store
from chat.attachments.actions import attachments, exporting, forgetting
from chat.infra.blobs import FILES
from chat.infra.gathered import FileRows, Sweep
from chat.web.feature import Feature

feature = Feature(
    "attachments",
    Path(__file__).parent,
    tables=(schema.attachment,),
    sweeps=(Sweep("attachments", attachments.sweep, 3600.0),),
    audited=("attachment.viewed",),
    data_locations=(FILES,),
    erasure_steps=(forgetting.FILES_GO,),
    export_parts=(exporting.ATTACHMENTS,),
    file_rows=(FileRows(store.list_referred, store.known),),
    stored=(lambda tx, account_id: store.bytes_of(tx, account_id=account_id),),
)
