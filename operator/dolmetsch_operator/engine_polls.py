"""What engines say: one long poll per engine pod, from its address until its end."""

import asyncio
import logging

from dolmetsch_core.engine_client import EngineAway, EngineClient
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.engine import EngineStatus
from dolmetsch_operator.facts import Facts, Heard
from dolmetsch_operator.observe import address
from dolmetsch_operator.reduced import Pod

log = logging.getLogger(__name__)
AGAIN_S = 0.2
MAX_AGAIN_S = 2.0
FIRST_ANSWERS_S = 3.0


class EnginePolls:
    """Keeps `facts.heard` up to date; `wake(room)` is called after a change, '' for a warm engine."""

    def __init__(self, facts: Facts, client: EngineClient) -> None:
        self._facts = facts
        self._client = client
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._syncing = False
        self._answered: dict[str, asyncio.Event] = {}

    def sync_soon(self) -> None:
        """Look at all pods once, however many of them change in this turn of the loop."""
        if not self._syncing:
            self._syncing = True
            asyncio.get_running_loop().call_soon(self.sync)

    def sync(self) -> None:
        """Begin polls of engines that have an address, end those of pods that are gone or ending."""
        self._syncing = False
        wanted = {pod.uid: pod for pod in self._facts.pods.values() if _answers(pod)}
        for uid in self._tasks.keys() - wanted.keys():
            self._tasks.pop(uid).cancel()
            del self._answered[uid]
        for uid in wanted.keys() - self._tasks.keys():
            self._answered[uid] = asyncio.Event()
            self._tasks[uid] = asyncio.create_task(self._poll(wanted[uid]), name=f"status of {uid}")

    def take(self, pod: Pod, status: EngineStatus) -> None:
        """Take what an engine answered to another call; an older revision than the last is not news."""
        heard = self._facts.heard.setdefault(pod.uid, Heard())
        if heard.status is None or status.rev >= heard.status.rev:
            heard.status, heard.unreachable_since = status, None

    async def heard_all(self) -> None:
        """Wait until each engine has answered or failed to, for a moment at most."""
        first = [asyncio.create_task(each.wait()) for each in self._answered.values()]
        if first:
            await asyncio.wait(first, timeout=FIRST_ANSWERS_S)
        await end_tasks(*first)

    async def stop(self) -> None:
        """End all polls."""
        await end_tasks(*self._tasks.values())

    async def _poll(self, pod: Pod) -> None:
        loop, answered = asyncio.get_running_loop(), self._answered[pod.uid]
        pause = AGAIN_S
        while True:
            heard = self._facts.heard.setdefault(pod.uid, Heard())
            after = heard.status.rev if heard.status and heard.unreachable_since is None else -1
            try:
                status = await self._client.status(address(pod), after, audience=pod.uid)
            except EngineAway as error:
                answered.set()
                if heard.unreachable_since is None:
                    heard.unreachable_since = loop.time()
                    if heard.status is not None:
                        log.warning("%s can't be reached: %s", pod.name, error)
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, MAX_AGAIN_S)
                continue
            pause = AGAIN_S
            if status != heard.status or heard.unreachable_since is not None:
                heard.status, heard.unreachable_since = status, None
                self._facts.engine_spoke(pod.name)
            answered.set()


def _answers(pod: Pod) -> bool:
    return bool(pod.ip) and not pod.deleted and pod.phase not in ("Failed", "Succeeded")
