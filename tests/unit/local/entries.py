"""An entry of the cache, made by several processes: a module of its own, since each of them loads it anew."""

import os
from multiprocessing.synchronize import Barrier
from pathlib import Path

from dolmetsch_local.data_packages import entry_lock


def make(place: Path, together: Barrier) -> None:
    """Make it if nobody has, in the same moment as all others do; leave a mark of who did."""
    together.wait()
    with entry_lock(place):
        if not place.is_dir():
            (place.parent / f"made-{os.getpid()}").touch()
            place.mkdir()
