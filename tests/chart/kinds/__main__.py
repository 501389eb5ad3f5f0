"""Fetch the kinds into the cache: `python -m tests.chart.kinds`; `missing` says what is not there."""

import sys

from tests.chart.kinds import KindsMissing, files, missing

if sys.argv[1:] == ["missing"]:
    print(*missing())
else:
    try:
        files()
    except KindsMissing as problem:
        sys.exit(str(problem))
