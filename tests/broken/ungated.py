"""Lets every frame of a visitor pass the gate; what stores messages still asks for consent."""

import sys

from chat.__main__ import main
from chat.core import frames
from chat.core.gate import ConsentState
from chat.tickets.sockets import visitor


def admit(frame: frames.VisitorFrame, standing: ConsentState) -> None:
    """Let it pass."""


visitor.admit = admit  # type: ignore[attr-defined] # that is the fault

if __name__ == "__main__":
    sys.exit(main())
