"""What a host's next socket, on any api process, knows of the recording that it goes on with."""

from redis.asyncio import Redis

from dolmetsch_core.live import audio
from dolmetsch_core.live.audio import Header
from dolmetsch_core.media import Container

FIRST, LATER = Header(Container.WEBM, b"\x1a\x45first"), Header(Container.OGG, b"OggSlater")


async def test_a_replaced_socket_still_tells_how_the_recording_began(store: Redis) -> None:
    assert await audio.header(store, "R1", "u.1") is None
    assert await audio.keep_header(store, "R1", "u.1", 1, FIRST)
    assert await audio.header(store, "R1", "u.1") == FIRST


async def test_it_does_not_tell_over_a_later_recording(store: Redis) -> None:
    assert await audio.keep_header(store, "R1", "u.1", 10, LATER)
    assert not await audio.keep_header(store, "R1", "u.1", 9, FIRST)
    assert await audio.header(store, "R1", "u.1") == LATER
    assert await audio.keep_header(store, "R1", "u.1", 11, FIRST)
    assert await audio.header(store, "R1", "u.1") == FIRST


async def test_the_first_audio_of_a_session_sets_its_time(store: Redis) -> None:
    assert await audio.first_ms(store, "R1", "u.1") is None
    assert await audio.offset_ms(store, "R1", "u.1", 1_000_000) == 0
    assert await audio.offset_ms(store, "R1", "u.1", 1_002_500) == 2500
    assert await audio.first_ms(store, "R1", "u.1") == 1_000_000
