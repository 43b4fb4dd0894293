"""Console executable of the installed app; it is also what workers run in."""

import sys

from assistant.__main__ import main

sys.exit(main())
