"""What engines say: one long poll per engine pod, from its address until its end."""

import asyncio
import logging

from dolmetsch_core.engine_client import CallerRefused, EngineAway, EngineClient
from dolmetsch_core.supervise import for_ever
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.engine import EngineStatus
from dolmetsch_operator.facts import Facts, Heard
from dolmetsch_operator.observe import address, refuses, unreachable
from dolmetsch_operator.reduced import Pod

log = logging.getLogger(__name__)
AGAIN_S = 0.2
MAX_AGAIN_S = 2.0
FIRST_ANSWERS_S = 3.0


class EnginePolls:
    """Keeps `facts.heard` up to date; the facts tell of each change (`Facts.engine_spoke`)."""

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
        for uid, pod in wanted.items():
            if uid not in self._tasks or self._tasks[uid].done():
                self._answered.setdefault(uid, asyncio.Event())
                self._tasks[uid] = asyncio.create_task(self._keep(pod), name=f"status of {uid}")

    def take(self, pod: Pod, status: EngineStatus) -> None:
        """Take what an engine answered to another call; an older revision than the last is not news."""
        heard = self._facts.heard_of(pod)
        if heard.status is None or status.rev >= heard.status.rev:
            heard.spoke(status)

    async def heard_all(self) -> None:
        """Wait until each engine has answered or failed to, for a moment at most."""
        first = [asyncio.create_task(each.wait()) for each in self._answered.values()]
        if first:
            await asyncio.wait(first, timeout=FIRST_ANSWERS_S)
        await end_tasks(*first)

    async def stop(self) -> None:
        """End all polls."""
        await end_tasks(*self._tasks.values())

    async def _keep(self, pod: Pod) -> None:
        """Nobody else hears this engine: its poll ends with the pod and by nothing else."""
        await for_ever(f"the status of {pod.name}", lambda: self._poll(pod), store_away=())

    async def _poll(self, pod: Pod) -> None:
        answered = self._answered[pod.uid]
        pause = AGAIN_S
        while True:
            heard = self._facts.heard_of(pod)
            after = heard.status.rev if heard.status and heard.speaks else -1
            try:
                status = await self._client.status(address(pod), after, audience=pod.uid)
            except EngineAway as error:
                self._failed(pod, heard, error)
                answered.set()
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, MAX_AGAIN_S)
                continue
            pause = AGAIN_S
            if status != heard.status or not heard.speaks:
                heard.spoke(status)
                self._facts.engine_spoke(pod.name)
            answered.set()

    def _failed(self, pod: Pod, heard: Heard, error: EngineAway) -> None:
        """Note since when an engine does not answer, or not to us; said once, and once it is no use."""
        now, is_news = asyncio.get_running_loop().time(), heard.speaks
        if not isinstance(error, CallerRefused):
            heard.missed(now)
            if is_news and heard.status is not None:
                log.warning("%s can't be reached: %s", pod.name, error)
            if unreachable(heard, now):
                # Its room, or the pool, looks at it as lost from now on.
                self._facts.engine_spoke(pod.name)
            return
        heard.refused(now)
        if is_news:
            log.warning("%s: %s", pod.name, error)
        if refuses(heard, now):
            self._facts.engine_spoke(pod.name)


def _answers(pod: Pod) -> bool:
    return bool(pod.ip) and not pod.deleted and pod.phase not in ("Failed", "Succeeded")
