"""What goes wrong with warm engines: the pauses that it earns, and the words for it."""

import logging
from datetime import datetime

from dolmetsch_core.life.observed import EngineSeen, EngineState
from dolmetsch_core.life.pool import warm_pause

log = logging.getLogger(__name__)


class WarmTrouble:
    """Counts in a row: engines that were lost before they were ready, and refusals by the API server."""

    def __init__(self) -> None:
        self.not_before: datetime | None = None
        """The end of the present pause."""
        self._times = 0
        self._mourned: set[str] = set()
        self._loss = ""
        self._refusal = ""
        self._waits = ""

    def forget(self) -> None:
        """The pool was edited: begin anew."""
        self._begin_anew()
        self._refusal = ""

    def look(self, warm: tuple[EngineSeen, ...], now: datetime) -> None:
        """Take in the warm engines as they are."""
        if (
            any(each.state is EngineState.RUNNING and not each.outdated for each in warm)
            and not self._refusal
        ):
            self._begin_anew()
        for each in warm:
            if each.state is EngineState.LOST and each.uid not in self._mourned:
                self._mourned.add(each.uid)
                self._loss = _told(each)
                self._pause(now)
                log.warning("warm engine %s is lost: %s", each.name, each.last_words)
        self._mourned &= {each.uid for each in warm}
        starting = (each for each in warm if each.state is EngineState.STARTING)
        self._waits = next((each.last_words for each in starting if each.last_words), "")

    def refused(self, error: Exception, now: datetime) -> None:
        """One could not be made: a quota, or somebody's admission rule. That may be lifted."""
        self._refusal = f"Engines can't be created: {error}"
        self._pause(now)
        log.warning("EnginePool: %s", error)

    def delayed(self, error: Exception) -> None:
        """One could not be made, by the API server's own trouble: it is tried again in a moment."""
        self._refusal = f"Engines can't be created yet: {error}"

    def not_refused(self) -> None:
        """One was made, or none is missing."""
        self._refusal = ""

    def message(self) -> str:
        """What there is to say, '' when all is well."""
        if self._refusal:
            return self._refusal
        if self._loss:
            return self._loss
        return f"A warm engine does not start: {self._waits}" if self._waits else ""

    def _begin_anew(self) -> None:
        self._times, self._loss, self.not_before = 0, "", None

    def _pause(self, now: datetime) -> None:
        self._times += 1
        self.not_before = now + warm_pause(self._times)


def _told(lost: EngineSeen) -> str:
    what = "No node keeps warm engines" if lost.displaced else "Warm engines die before they are ready"
    return f"{what}: {lost.last_words}"
