"""Devices that a node offered until a moment ago: a device plugin that starts again takes them away. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Loss:
    """So many devices of a node went at once."""

    devices: int
    at: datetime


def losses_after(losses: tuple[Loss, ...], change: int, now: datetime) -> tuple[Loss, ...]:
    """Return what a node lacks, oldest first, once its devices have changed by so many.

    What comes back is what went last: a device that broke earlier stays lost.
    """
    if change < 0:
        return (*losses, Loss(-change, now))
    left = list(losses)
    while change > 0 and left:
        last = left.pop()
        if last.devices > change:
            left.append(Loss(last.devices - change, last.at))
        change -= last.devices
    return tuple(left)
