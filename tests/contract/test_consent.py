"""The two consent cookies: what they say when a room is activated, and what a later one can still change."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field

import pytest

from tests.contract.client import Recorder, Tab, cookies_of_host, hosting
from tests.contract.server import PATIENCE_S, Rooms, Server, refused
from tests.contract.test_transcripts import COPIED_S
from tests.waiting import until

pytestmark = pytest.mark.audio


@dataclass
class Consents:
    """What could be read after each change."""

    kept: str
    """A room that was activated for storing, not for everybody."""
    never: str
    """A room that was activated without either."""
    seen: dict[str, bool] = field(default_factory=dict)


@pytest.fixture(scope="module")
def consents(server: Server, rooms: Rooms) -> Iterator[Consents]:
    """Two talks whose hosts change their minds."""
    if server.room_list()["max_active_rooms"] < 2:
        pytest.skip("needs two rooms at once")
    yield asyncio.run(_change_minds(server, rooms))


async def _change_minds(server: Server, rooms: Rooms) -> Consents:
    await until(server.no_room_active, "all rooms closed", PATIENCE_S)
    kept, never = rooms.unwritten(2)
    found, key = Consents(kept, never), server.new_host()

    def coming(room: str, *, store: bool, download: bool = False) -> AbstractAsyncContextManager[Tab]:
        return hosting(server, room, cookies_of_host(room, key, store=store, download=download))

    def readable(room: str, who: str | None) -> bool:
        return server.transcript(room, server.source, who).status_code == 200

    async with coming(kept, store=True), coming(never, store=False):
        pass
    async with (
        # Both come back, and allow what they had not allowed.
        coming(kept, store=True, download=True) as host,
        coming(never, store=True, download=True) as beside,
    ):
        await asyncio.gather(
            host.hears(Recorder(), host, 1, server.source), beside.hears(Recorder(), beside, 1, server.source)
        )
        # What is not copied is known not to be once what was said beside it is.
        with suppress(AssertionError):
            await until(lambda: readable(kept, key), "a copy", COPIED_S)
        found.seen = {
            "kept, by its owner": readable(kept, key),
            "kept, by others": readable(kept, None) or bool(server.transcripts(kept)),
            "never, by its owner": readable(never, key) or bool(server.transcripts(never, key)),
            "never, by an admin": readable(never, server.admin_key),
        }
    async with coming(kept, store=False):
        with suppress(AssertionError):
            await until(lambda: not readable(kept, server.admin_key), "the copy is gone", COPIED_S)
        found.seen |= {
            "withdrawn, by its owner": readable(kept, key),
            "withdrawn, by an admin": readable(kept, server.admin_key),
            "withdrawn, listed": bool(server.transcripts(kept, server.admin_key)),
        }
    return found


def test_consent_to_store_is_that_of_the_activation(consents: Consents) -> None:
    """`{room}-allow_store` counts when the room is activated: a later `true` stores nothing."""
    assert consents.seen["kept, by its owner"]
    assert not consents.seen["never, by its owner"]
    assert not consents.seen["never, by an admin"]


def test_a_later_consent_to_downloads_does_nothing(consents: Consents) -> None:
    """`{room}-allow_client_download` counts when the room is activated."""
    assert consents.seen["kept, by its owner"]
    assert not consents.seen["kept, by others"]


def test_a_later_no_withdraws_and_what_was_copied_is_gone(server: Server, consents: Consents) -> None:
    """A host who comes back with `{room}-allow_store` `"false"` withdraws: nobody has it any more."""
    assert consents.seen["kept, by its owner"], "there was nothing to withdraw"
    for who in ("by its owner", "by an admin", "listed"):
        assert not consents.seen[f"withdrawn, {who}"], who
    # The room is closed by now: what was withdrawn does not come back with its end.
    for key in (None, server.admin_key):
        assert refused(server.transcript(consents.kept, server.source, key))
        assert server.transcripts(consents.kept, key) == []
