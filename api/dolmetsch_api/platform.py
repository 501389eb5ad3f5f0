"""What one api process works with: settings, store, directory, views, languages, logins."""

from dataclasses import dataclass

from redis.asyncio import Redis

from dolmetsch_api.hub import Hub
from dolmetsch_api.known_languages import KnownLanguages
from dolmetsch_api.settings import ApiSettings
from dolmetsch_api.talks import Talk
from dolmetsch_api.tokens import Logins
from dolmetsch_core.directory import Directory
from dolmetsch_core.tokens import EngineKey
from dolmetsch_core.wire.room import ConditionType, Phase, Room

ENDED = (Phase.CLOSED, Phase.FAILED, Phase.DRAINING)


@dataclass(frozen=True)
class Platform:
    """Shared by all routes of the process."""

    settings: ApiSettings
    store: Redis
    directory: Directory
    hub: Hub
    languages: KnownLanguages
    logins: Logins
    talks: dict[str, Talk]
    engine_key: EngineKey | None = None
    """Signs tokens for engines that ask for them."""

    def active_room(self, room_id: str) -> Room | None:
        """Return the room if it is active: admitted and not ended (a starting one counts)."""
        room = self.directory.view.rooms.get(room_id)
        if room is None or room.deleted is not None or room.status.phase in ENDED:
            return None
        scheduled = room.status.condition(ConditionType.ENGINE_SCHEDULED)
        return room if scheduled is not None and scheduled.status else None

    async def start(self) -> None:
        """Begin to watch and to listen."""
        await self.directory.start()
        await self.languages.start()
        await self.hub.start()

    async def stop(self) -> None:
        """End everything that `start` began."""
        await self.hub.stop()
        await self.languages.stop()
        await self.directory.stop()
        await self.store.aclose()
