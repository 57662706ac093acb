"""Never puts the focus into the field: in WebKit it is nowhere, before the frame is touched."""

import sys

from chat.__main__ import main
from chat.web import files

WHOLE = "this.#text.focus();"
whole = files.source
assert WHOLE in whole("/widget-assets/chat-composer.js"), "the defence is written so"


def source(address: str) -> str:
    """Leave it out."""
    return whole(address).replace(WHOLE, "")


files.source = source  # that is the fault

if __name__ == "__main__":
    sys.exit(main())
