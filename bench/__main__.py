"""`python -m bench` measures the message path; with `spam`, `retention` or another name first, that instead."""

import sys
from importlib import import_module

OTHERS = {
    "spam": "bench.spam.command",
    "retention": "bench.retention",
    "erasure": "bench.erasure",
    "chores": "bench.chores",
    "search": "bench.search",
    "inbox": "bench.inbox",
    "day": "bench.day",
    "hostile": "bench.hostile.command",
}

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in OTHERS:
        sys.exit(import_module(OTHERS[sys.argv[1]]).main(sys.argv[2:]))
    sys.exit(import_module("bench.chat").main())
