"""`python -m dolmetsch_local`: the same as the command `dolmetsch`."""

from dolmetsch_local.cli import main

main()
