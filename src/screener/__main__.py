"""`python -m screener` works like `screen`."""

import sys

from screener.cli import main

sys.exit(main())
