"""Tasks that are meant to run for ever: an unexpected end is logged with its context and started again."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from pathlib import PurePath

from dolmetsch_core.live.store import STORE_AWAY

log = logging.getLogger(__name__)
PAUSE_S = 0.5
"""Between an unexpected end and the next start: visible, but not a busy loop."""
AWAY_PAUSE_S = 0.1
"""Between two looks for a store that is away."""
SAME_OUTAGE_S = 10.0
"""Failures closer than this are one outage, told once."""


def describe(error: BaseException) -> str:
    """Class and places of an error, without its message: that may repeat what was said."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(
        f"{PurePath(each.filename).name}:{each.lineno} {each.name}" for each in reversed(frames)
    )
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return f"{type(error).__name__} at {places}" + "".join(f"; {describe(each)}" for each in inner)


async def for_ever(
    what: str,
    run: Callable[[], Awaitable[None]],
    *,
    store_away: tuple[type[Exception], ...] = STORE_AWAY,
    restarted: Callable[[], object] = lambda: None,
    pause: float = PAUSE_S,
) -> None:
    """Run `run()` again whenever it ends. `what` names it in logs; `restarted()` is told of the unexpected,
    after which it starts again in `pause` seconds.

    A store that is away is no surprise: said once, waited for quietly. What does not use the live store
    gives `store_away=()`, or a lost connection to something else would be told as the store's.
    """
    away_since = float("-inf")
    while True:
        try:
            await run()
        except store_away as error:
            now = asyncio.get_running_loop().time()
            if now - away_since > SAME_OUTAGE_S:
                log.warning("%s: the live store is away (%s), waiting for it", what, type(error).__name__)
            away_since = now
            await asyncio.sleep(AWAY_PAUSE_S)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is told and the task goes on)
            log.error("%s ended unexpectedly and starts again in %g s: %s", what, pause, describe(error))
            restarted()
            await asyncio.sleep(pause)
