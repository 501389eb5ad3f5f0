"""Why a room can't be had: each error carries the close code and the words that clients show."""


class RoomRefused(Exception):
    """A room is not to be had; `str()` names the remedy or the rule, `close_code` goes on the socket."""

    close_code = 1003

    def __init__(self, room_id: str, message: str) -> None:
        super().__init__(message)
        self.room_id = room_id


class CapacityReached(RoomRefused):
    """All engines are taken. Source: the room's condition EngineScheduled, reason NoCapacity."""

    @classmethod
    def of(cls, room_id: str, limit: int) -> "CapacityReached":
        """Say it as clients know it."""
        return cls(
            room_id, f"Unable to activate room <{room_id}>: Maximum capacity of {limit} instances reached"
        )


class EngineUnavailable(RoomRefused):
    """The engine did not become ready. Source: the room's phase Failed, or the deadline of the waiting."""


class RoomClosed(RoomRefused):
    """The room ended while somebody waited for it."""

    def __init__(self, room_id: str) -> None:
        super().__init__(room_id, "Room closed")


class DirectoryAway(RoomRefused):
    """The directory (live store or API server) can't be reached. Remedy: try again."""

    close_code = 1013
