"""How long an api goes on that is to end."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from dolmetsch_api import drain
from dolmetsch_api.metrics import SOCKETS
from tests.waiting import EVERY_S


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain, "ROUTES_S", 0.2)
    monkeypatch.setattr(drain, "LOOK_S", 0.1)


@pytest.fixture
def served() -> Iterator[tuple[str, Gauge]]:
    """Metrics as the api serves them, and the sockets in them."""
    registry = CollectorRegistry()
    gauge = Gauge(SOCKETS._name, SOCKETS._documentation, ["role"], registry=registry)

    class Metrics(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(generate_latest(registry))

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Metrics) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/metrics", gauge
        server.shutdown()


def test_it_ends_when_the_last_socket_has_gone(served: tuple[str, Gauge]) -> None:
    url, gauge = served
    gauge.labels("host").set(1)
    gauge.labels("client").set(300)
    waiting = threading.Thread(target=drain.wait, args=(url, 600.0))
    waiting.start()
    for role in ("host", "client"):
        time.sleep(10 * EVERY_S)
        assert waiting.is_alive(), "somebody is still there"
        gauge.labels(role).set(0)
    waiting.join(60)
    assert not waiting.is_alive()


def test_it_ends_when_its_time_is_over(served: tuple[str, Gauge]) -> None:
    url, gauge = served
    gauge.labels("client").set(1)
    drain.wait(url, 0.5)


def test_it_ends_when_the_api_has_died() -> None:
    drain.wait("http://127.0.0.1:1/metrics", 600.0)


def test_the_api_s_own_metrics_are_read() -> None:
    before = drain.open_sockets(generate_latest().decode())
    with SOCKETS.labels("host").track_inprogress():
        assert drain.open_sockets(generate_latest().decode()) == before + 1
