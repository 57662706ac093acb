"""`lethe` that asks for no open socket whether it may stay, beyond what events and its minute say."""

import sys

from chat.__main__ import main
from chat.tickets.sockets import watch

watch.EVERY = 3600.0
if __name__ == "__main__":
    sys.exit(main())
