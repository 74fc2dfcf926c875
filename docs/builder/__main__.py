"""`python -m builder OUT [ROOT]`: builds the site of a checkout into OUT/site; a warning of Sphinx, such as a dead link, is a failure."""

import sys
from pathlib import Path

from builder.site import build

if __name__ == "__main__":
    root = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parents[2]
    sys.exit(build(root.resolve(), Path(sys.argv[1]).resolve()))
