"""Lets every frame of a visitor pass the gate; what stores messages still asks for consent."""

import sys

from chat import frames
from chat.__main__ import main
from chat.gate import Standing
from chat.web.sockets import visitor


def admit(frame: frames.VisitorFrame, standing: Standing) -> None:
    """Let it pass."""


visitor.admit = admit  # type: ignore[attr-defined] # that is the fault

if __name__ == "__main__":
    sys.exit(main())
