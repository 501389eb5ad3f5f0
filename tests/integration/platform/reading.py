"""Readers of a talk who wait for its end."""

from tests.platform_process import Viewer
from tests.scoring import Talk, score
from tests.waiting import until

CATCH_UP_S = 180.0
"""How far a slow machine may be behind the speaker at the end."""


async def until_all_is_read(of: Talk, lang: str, *viewers: Viewer) -> int:
    """Wait until all have the whole talk in their languages; return the number of its sentences.

    Its room has to stay open so long: at its end nobody waits for translations.
    """

    def all_is_read() -> bool:
        counts = {len(viewer.sentences) for viewer in viewers}
        return len(counts) == 1 and all(
            len(viewer.texts(viewer.lang)) in counts and not score(of.texts, viewer.texts(lang)).missing
            for viewer in viewers
        )

    try:
        await until(all_is_read, f"the whole talk {of.name}", CATCH_UP_S)
    finally:
        for viewer in viewers:
            print(f"{viewer.lang}: {viewer.in_order}, closed: {viewer.closed}, away: {viewer.away}")
    return len(viewers[0].sentences)
