"""`python -m mintza.cli`."""

from mintza.cli import main

main()
