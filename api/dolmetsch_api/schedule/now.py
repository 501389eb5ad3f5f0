"""The clock that the schedule goes by: the time of day, or another one for trying out."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """The time of day; with `fake_now`, that moment at the start of the process, running on from there."""

    def __init__(
        self, fake_now: datetime | None = None, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._fake_now = fake_now
        self._steady = steady
        self._began = steady()

    @property
    def fake(self) -> bool:
        """Whether this is not the time of day."""
        return self._fake_now is not None

    def now(self) -> datetime:
        """Return the time, timezone-aware (UTC)."""
        if self._fake_now is None:
            return datetime.now(UTC)
        return self._fake_now.astimezone(UTC) + timedelta(seconds=self._steady() - self._began)
