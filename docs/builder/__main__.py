"""`python -m builder OUT`: builds the site into OUT/site; a warning of Sphinx, such as a dead link, is a failure."""

import sys
from pathlib import Path

from builder.site import build

if __name__ == "__main__":
    sys.exit(build(Path(__file__).parents[2], Path(sys.argv[1]).resolve()))
