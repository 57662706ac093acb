"""``python -m bench`` is ``python -m bench.chat``; with ``spam`` first it measures the filter instead."""

import sys

if __name__ == "__main__":
    if sys.argv[1:2] == ["spam"]:
        from bench.spam.command import main as measure_spam

        sys.exit(measure_spam(sys.argv[2:]))
    from bench.chat import main

    sys.exit(main())
