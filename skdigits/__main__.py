"""``python -m skdigits`` is the command ``skdigits``."""

import sys

from skdigits.cli import main

sys.exit(main())
