"""The host's coming and going, and when a room without one closes."""

from datetime import datetime, timedelta

from dolmetsch_core.wire.engine import EngineStatus
from dolmetsch_core.wire.room import HostStatus, Origin, Room


def host_status(room: Room, says: EngineStatus, now: datetime) -> HostStatus:
    """Return whether the host's audio reaches the engine, and since when."""
    before = room.status.host
    if says.host_connected == before.connected:
        return before
    # Now, by this observer's clock: by another machine's the grace time might be over already.
    return HostStatus(connected=says.host_connected, since=now)


def close_time(room: Room, host: HostStatus, now: datetime) -> datetime | None:
    """A room with a host stays; one that lost it has the grace time; one that never had it, the deadline."""
    if host.connected:
        return None
    if host.since is not None:
        return min(host.since, now) + timedelta(seconds=room.spec.close_after_seconds)
    if room.status.close_at is not None:
        return room.status.close_at
    if room.origin is not Origin.API and room.status.activation <= 1:
        # A person prewarmed it: it waits for its first host as long as the person likes.
        return None
    return now + timedelta(seconds=room.spec.activation_deadline_seconds)
