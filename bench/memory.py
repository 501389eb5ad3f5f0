"""`python -m bench.memory`: what the live store holds of a talk, and how that grows in an hour.

A platform with the demonstration's model, a talk of a minute, readers in two languages. Prints bytes by key,
and what an hour adds in kB: what came between the first and the second half of the talk, carried on.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from redis.asyncio import Redis
from tests.platform_process import PlatformProcess, viewing
from tests.scoring import talk

from dolmetsch_core.live.store import connect
from dolmetsch_local.processes import free_port
from dolmetsch_local.speak import speak

ROOM = "DEMO1"
HOUR_S = 3600.0


async def measure(platform: PlatformProcess) -> None:
    """Speak, and look at the store half-way and at the end."""
    of = talk("en2")
    store = connect(platform.address.store_url)
    reached = 0.0
    looks: list[tuple[float, dict[str, int]]] = []

    def progress(done: float, _total: float) -> None:
        nonlocal reached
        reached = done

    async with viewing(platform.url, ROOM, "en", "de"):
        speaking = asyncio.create_task(speak(platform.address, ROOM, of.recording, "en", progress))
        while not speaking.done():
            await asyncio.sleep(1)
            if reached >= (25.0, 55.0)[min(len(looks), 1)] and len(looks) < 2:
                looks.append((reached, await sizes(store)))
        await speaking
    await store.aclose()
    (began, first), (ended, second) = looks
    for name, size in sorted(second.items()):
        print(f"{size:8} bytes, {size - first.get(name, 0):+8} in {ended - began:.0f} s: {name}")
    grown = sum(second.values()) - sum(first.values())
    print(f"{grown / (ended - began) * HOUR_S / 1000:.0f} kB for each hour of speech, read in two languages")


async def sizes(store: Redis) -> dict[str, int]:
    """Bytes of each key of the room, by the key's last part."""
    found = {}
    async for key in store.scan_iter(f"*{ROOM}*"):
        found[key.decode().rsplit(":", 1)[-1]] = await store.memory_usage(key, samples=0) or 0
    return found


def main() -> None:
    """Start a platform for it."""
    with tempfile.TemporaryDirectory(prefix="dolmetsch-memory-") as folder:
        platform = PlatformProcess(Path(folder) / "state", free_port(), DOLMETSCH_MODEL="demo")
        try:
            platform.start()
            asyncio.run(measure(platform))
        finally:
            platform.stop()


if __name__ == "__main__":
    main()
