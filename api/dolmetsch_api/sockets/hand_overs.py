"""Relays whose hosts have left: each goes on until an engine has all of its audio."""

import asyncio
from contextlib import AsyncExitStack, suppress

from dolmetsch_api.sockets.captions import CaptionView
from dolmetsch_api.sockets.held_claim import ClaimLost
from dolmetsch_api.sockets.hub import Hub
from dolmetsch_api.sockets.relay import AudioUndecodable, Relay
from dolmetsch_api.sockets.sending import until_closed
from dolmetsch_core.directory import Directory
from dolmetsch_core.tasks import end_tasks, first_of, until_ended


class HandOvers:
    """Those of this process. The host's socket and claim do not wait for them."""

    def __init__(self, hub: Hub, directory: Directory) -> None:
        self._hub = hub
        self._directory = directory
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, view: CaptionView, relay: Relay, relaying: asyncio.Task[None]) -> None:
        """Let a relay hand over what it has; `relaying` is its `run`, which is ended afterwards."""
        if relaying.done() or view.state.closed:
            await end_tasks(relaying)
            return
        stack = AsyncExitStack()
        # The relay goes by this view.
        await stack.enter_async_context(self._hub.following(view))
        task = asyncio.create_task(self._hand_over(stack, view, relay, relaying), name="hand over")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Wait for those that are left: each has its time."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _hand_over(
        self, stack: AsyncExitStack, view: CaptionView, relay: Relay, relaying: asyncio.Task[None]
    ) -> None:
        async with stack:
            try:
                with suppress(ClaimLost, AudioUndecodable):
                    await first_of(
                        relay.hand_over(), until_ended(relaying), until_closed(view, self._directory)
                    )
            finally:
                await end_tasks(relaying)
