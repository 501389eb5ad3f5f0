"""What Prometheus may know: counts and seconds, no room's name, no text."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_SECONDS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)

ATTEMPTS: Final = Counter(
    "dolmetsch_worker_attempts", "Sentences sent to a backend", ["backend", "source", "target", "outcome"]
)
"""outcome: written, late (somebody was faster), rejected, unavailable, store (away), error."""
BACKEND_SECONDS: Final = Histogram(
    "dolmetsch_worker_backend_seconds", "Time of a backend for one sentence", ["backend"], buckets=_SECONDS
)
OWN_SECONDS: Final = Histogram(
    "dolmetsch_worker_own_seconds",
    "From a sentence's being due to its written translation, without the backend's time, first attempts only",
    buckets=_SECONDS,
)
GIVEN_UP: Final = Counter("dolmetsch_worker_given_up", "Sentences left untranslated after several refusals")
PENDING: Final = Gauge("dolmetsch_worker_pending", "Sentences times languages that wait")
SESSIONS: Final = Gauge("dolmetsch_worker_sessions", "Sessions that this worker translates")
COPIED: Final = Counter("dolmetsch_worker_copied", "Sentences copied into the archive")
ARCHIVE_AWAY: Final = Counter("dolmetsch_worker_archive_away", "Tries of the scribe that found no archive")
RESTARTS: Final = Counter("dolmetsch_worker_restarts", "Tasks restarted after an unexpected error", ["task"])
