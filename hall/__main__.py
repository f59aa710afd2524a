"""`python -m hall` is `hall`."""

from __future__ import annotations

import sys

from hall.cli import main

if __name__ == "__main__":
    sys.exit(main())
