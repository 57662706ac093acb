"""``python -m bench`` is ``python -m bench.chat``."""

import sys

from bench.chat import main

sys.exit(main())
