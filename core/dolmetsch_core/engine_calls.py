"""Calls that give engines a session or end it, beside the step that asks: a slow one must not stop it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from dolmetsch_core.engine_client import EngineAway, OlderEpoch, StoreAway
from dolmetsch_core.life.observed import EngineSeen
from dolmetsch_core.supervise import describe
from dolmetsch_core.tasks import end_tasks

log = logging.getLogger(__name__)
AGAIN_S = 0.5
"""Between a call that failed and the next one."""


class EngineCalls:
    """One call per engine at a time; `changed()` is told of the end of each, well or not."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._running: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, EngineAway | OlderEpoch] = {}
        """By engine: what its last call ended with, while it fails."""

    def seen(self, engine: EngineSeen) -> EngineSeen:
        """Add what came of the calls to an engine to what is seen of it."""
        failed = self._failed.get(engine.name)
        if failed is None:
            return engine
        words = engine.last_words or f"it does not take the session: {failed}"
        return replace(engine, last_words=words, store_away=isinstance(failed, StoreAway))

    def start(self, room: str, engine: str, call: Callable[[], Awaitable[None]]) -> None:
        """Call an engine for a room, unless a call to it is under way."""
        if engine not in self._running:
            self._running[engine] = asyncio.create_task(
                self._call(room, engine, call), name=f"call to {engine}"
            )

    def keep(self, engines: Iterable[str]) -> None:
        """Forget the failures of all other engines."""
        kept = set(engines)
        self._failed = {name: why for name, why in self._failed.items() if name in kept}

    async def stop(self) -> None:
        """End all calls."""
        await end_tasks(*self._running.values())

    async def _call(self, room: str, engine: str, call: Callable[[], Awaitable[None]]) -> None:
        try:
            await call()
            self._failed.pop(engine, None)
        except (EngineAway, OlderEpoch) as error:
            # Its status and the deadline decide; the next step asks again.
            if engine not in self._failed:
                log.warning("room %s: %s: %s", room, engine, error)
            self._failed[engine] = error
            await asyncio.sleep(AGAIN_S)
        except Exception as error:  # noqa: BLE001 (told, and asked again: nobody awaits this task)
            log.error("room %s: %s: unexpected %s", room, engine, describe(error))
            await asyncio.sleep(AGAIN_S)
        finally:
            self._running.pop(engine, None)
            self._changed()
