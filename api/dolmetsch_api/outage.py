"""Says in the log once that the archive is away, and once that it is back: it is asked with every poll."""

import logging

log = logging.getLogger(__name__)


class Outage:
    """What this process has said of the archive."""

    def __init__(self) -> None:
        self._away = False

    def began(self, error: BaseException) -> None:
        """A call has failed."""
        if not self._away:
            log.warning("the archive is away (%s)", type(error).__name__)
        self._away = True

    def ended(self) -> None:
        """A call was answered."""
        if self._away:
            log.info("the archive is back")
        self._away = False
