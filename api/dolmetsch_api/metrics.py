"""What Prometheus may know of an api process: counts, no room's name, no text."""

from typing import Final

from prometheus_client import Gauge

SOCKETS: Final = Gauge("dolmetsch_api_sockets", "Open sockets of hosts and viewers.", ["role"])
"""role: host, client. Both are there from the start: to an autoscaler, no figure is not 0."""
for _role in ("host", "client"):
    SOCKETS.labels(_role)
