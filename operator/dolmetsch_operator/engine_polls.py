"""What engines say: one long poll per engine pod, from its address until its end."""

import asyncio
import logging

from dolmetsch_core.engine_client import EngineAway, EngineClient
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.engine import EngineStatus
from dolmetsch_operator.facts import Facts, Heard, Pod
from dolmetsch_operator.observe import address

log = logging.getLogger(__name__)
AGAIN_S = 0.2
MAX_AGAIN_S = 2.0


class EnginePolls:
    """Keeps `facts.heard` up to date; `wake(room)` is called after a change, '' for a warm engine."""

    def __init__(self, facts: Facts, client: EngineClient) -> None:
        self._facts = facts
        self._client = client
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def sync(self) -> None:
        """Begin polls of engines that have an address, end those of pods that are gone or ending."""
        wanted = {pod.uid: pod for pod in self._facts.pods.values() if _answers(pod)}
        for uid in self._tasks.keys() - wanted.keys():
            self._tasks.pop(uid).cancel()
        for uid in wanted.keys() - self._tasks.keys():
            self._tasks[uid] = asyncio.create_task(self._poll(wanted[uid]), name=f"status of {uid}")

    def take(self, pod: Pod, status: EngineStatus) -> None:
        """Take what an engine answered to another call; an older revision than the last is not news."""
        heard = self._facts.heard.setdefault(pod.uid, Heard())
        if heard.status is None or status.rev >= heard.status.rev:
            heard.status, heard.unreachable_since = status, None

    async def stop(self) -> None:
        """End all polls."""
        await end_tasks(*self._tasks.values())

    async def _poll(self, pod: Pod) -> None:
        loop = asyncio.get_running_loop()
        pause = AGAIN_S
        while True:
            heard = self._facts.heard.setdefault(pod.uid, Heard())
            after = heard.status.rev if heard.status and heard.unreachable_since is None else -1
            try:
                status = await self._client.status(address(pod), after, audience=pod.uid)
            except EngineAway as error:
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


def _answers(pod: Pod) -> bool:
    return bool(pod.ip) and not pod.deleted and pod.phase not in ("Failed", "Succeeded")
