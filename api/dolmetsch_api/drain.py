"""`python -m dolmetsch_api.drain SECONDS`: in a pod that is to end, waits until its api is needed no more.

That is when nobody has a socket open, or after so many seconds. Never at once: routes lead here still.
"""

import os
import re
import sys
import time
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

ROUTES_S: Final = 5.0
"""Until no route leads to a pod that ends."""
LOOK_S: Final = 1.0
_SOCKETS: Final = re.compile(r"^dolmetsch_api_sockets\{.*\} (\S+)$", re.MULTILINE)


def open_sockets(metrics: str) -> float:
    """Return how many sockets are open, by the api's metrics (Prometheus text)."""
    return sum(float(value) for value in _SOCKETS.findall(metrics))


def wait(url: str, seconds: float) -> None:
    """Wait until the api at `url` (its metrics) has no sockets, does not answer any more, or time is over."""
    deadline = time.monotonic() + seconds
    time.sleep(min(ROUTES_S, seconds))
    while time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=LOOK_S) as answer:  # noqa: S310 (our own address)
                if not open_sockets(answer.read().decode()):
                    return
        except URLError:
            return
        except TimeoutError:
            pass  # it is busy
        time.sleep(LOOK_S)


if __name__ == "__main__":
    wait(f"http://127.0.0.1:{os.environ['DOLMETSCH_METRICS_PORT']}/metrics", float(sys.argv[1]))
