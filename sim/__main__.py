"""``python -m sim`` is the command ``lianjian``, for machines where the command is not on the path."""

import sys

from sim.cli import main

sys.exit(main())
