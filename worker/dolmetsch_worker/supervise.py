"""Tasks that are meant to run for ever, counted when they start again."""

from collections.abc import Awaitable, Callable

from dolmetsch_core import supervise
from dolmetsch_worker import metrics


async def for_ever(
    kind: str, what: str, run: Callable[[], Awaitable[None]], *, pause: float = supervise.PAUSE_S
) -> None:
    """As `dolmetsch_core.supervise.for_ever`; `kind` names it in metrics."""
    await supervise.for_ever(what, run, restarted=metrics.RESTARTS.labels(kind).inc, pause=pause)
