"""What one api process works with: settings, store, directory, views, languages, logins, talks."""

from dataclasses import dataclass, field

from redis.asyncio import Redis

from dolmetsch_api.auth.logins import Logins
from dolmetsch_api.outage import Outage
from dolmetsch_api.rooms.adhoc_rooms import AdhocRooms
from dolmetsch_api.rooms.consents import ConsentTeller
from dolmetsch_api.rooms.known_languages import KnownLanguages
from dolmetsch_api.rooms.programme import Programme, is_active
from dolmetsch_api.rooms.talks import Talk
from dolmetsch_api.schedule.source import ScheduleSource
from dolmetsch_api.settings import ApiSettings
from dolmetsch_api.sockets.hand_overs import HandOvers
from dolmetsch_api.sockets.hub import Hub
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.opening import Opening
from dolmetsch_core.directory import Directory
from dolmetsch_core.tokens import EngineKey
from dolmetsch_core.wire.room import Room


@dataclass(frozen=True)
class Platform:
    """Shared by all routes of the process."""

    settings: ApiSettings
    store: Redis
    directory: Directory
    hub: Hub
    hand_overs: HandOvers
    languages: KnownLanguages
    logins: Logins
    programme: Programme
    opening: Opening
    adhoc: AdhocRooms
    consents: ConsentTeller
    schedule: ScheduleSource | None = None
    """Where the schedule comes from; none: there is no schedule."""
    engine_key: EngineKey | None = None
    """Signs tokens for engines that ask for them."""
    outage: Outage = field(default_factory=Outage)
    """Of the archive."""

    @property
    def archive(self) -> Archive:
        """Stored transcripts, votes, rooms made by hand."""
        return self.opening.archive

    @property
    def archive_ready(self) -> bool:
        """Whether the archive could be reached since this process began."""
        return self.opening.ready.is_set()

    def active_room(self, room_id: str) -> Room | None:
        """Return the room if it is active: admitted and not ended (a starting one counts)."""
        room = self.directory.view.rooms.get(room_id)
        return room if room is not None and is_active(room) else None

    def source_lang(self, talk: Talk) -> str:
        """Return the language that a talk is spoken in: its room's while it is active; else its own, or the
        next best that the engine knows."""
        room = self.active_room(talk.id)
        if room is not None:
            return room.spec.source_lang
        spoken = self.languages.spoken()
        wanted = (talk.source_lang, self.settings.default_language, "de")
        return next((code for code in wanted if code in spoken), spoken[0])

    async def start(self) -> None:
        """Begin to watch and to listen."""
        await self.directory.start()
        await self.languages.start()
        await self.hub.start()
        self.opening.start()
        await self.adhoc.start()
        await self.consents.start()
        if self.schedule:
            await self.schedule.start()

    async def stop(self) -> None:
        """End everything that `start` began."""
        if self.schedule:
            await self.schedule.stop()
        await self.hand_overs.stop()
        await self.consents.stop()
        await self.adhoc.stop()
        await self.opening.close()
        await self.hub.stop()
        await self.languages.stop()
        await self.directory.stop()
        await self.store.aclose()
