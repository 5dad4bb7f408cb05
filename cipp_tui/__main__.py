"""`python -m cipp_tui` is the same as `cipp-tui`."""

import sys

from cipp_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
