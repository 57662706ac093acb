"""`lethe` whose sockets look each half second, not each minute, whether they may stay."""

import sys

from chat.__main__ import main
from chat.tickets.sockets import account, visitor

account.LOOKS = visitor.LOOKS = 0.5
if __name__ == "__main__":
    sys.exit(main())
