"""`python -m mmfusion`, the same as the command `mmfusion`."""

import sys

from mmfusion.cli import main

if __name__ == "__main__":
    sys.exit(main())
