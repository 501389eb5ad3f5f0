"""Fetch a suite's kinds into the cache: `python -m tests.chart.kinds chart`.

`missing` after it: say what is not there.
"""

import sys

from tests.chart.kinds import BY_SUITE, KindsMissing, files, missing

wanted = BY_SUITE[sys.argv[1]]
if sys.argv[2:] == ["missing"]:
    print(*missing(wanted))
else:
    try:
        files(wanted)
    except KindsMissing as problem:
        sys.exit(str(problem))
