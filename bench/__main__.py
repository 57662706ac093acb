"""``python -m bench`` is ``python -m bench.chat``; ``python -m bench retention`` measures a retention run."""

import sys

from bench import chat, retention

sys.exit(retention.main(sys.argv[2:]) if sys.argv[1:2] == ["retention"] else chat.main())
