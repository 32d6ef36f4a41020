"""``python -m sambaseg`` is the command ``sambaseg``."""

from __future__ import annotations

import sys

from sambaseg.cli import main

if __name__ == "__main__":
    sys.exit(main())
