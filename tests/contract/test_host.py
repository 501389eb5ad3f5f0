"""A host's socket: the order of messages, coming back, and a recorder that goes on meanwhile."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from difflib import SequenceMatcher

import pytest
from websockets.exceptions import ConnectionClosed

from tests.contract.client import (
    CHUNK,
    READY,
    SECOND_HOST,
    Recorder,
    Tab,
    cookies_of_host,
    encoded,
    half_open,
    hosting,
    opened,
    viewing,
)
from tests.contract.server import Server
from tests.raw_socket import is_held
from tests.scoring import talk, words


def assert_in_order(host: Tab) -> None:
    """`{"info":{"connection_id":"..."}}`, snapshot chunk, `{"info":{"ready_to_recieve_audio":true}}`.

    That nothing but chunks follows is in test_viewer, where some do.
    """
    first, snapshot, ready = host.frames[:3]
    assert list(first) == ["info"]
    assert list(first["info"]) == ["connection_id"]
    assert first["info"]["connection_id"]
    assert "last_n_sents" in snapshot
    assert ready == READY


TRIES = 5
"""A busy machine is not busy every time; a server that waits for a dead socket does so every time."""


def heard(text: str, said: str) -> bool:
    """Whether this is the sentence that was said, whole, but for a word that was misheard."""
    return SequenceMatcher(None, words(text), words(said)).ratio() >= 0.7


async def test_the_first_host_gets_its_id_the_snapshot_and_word_that_audio_may_come(
    server: Server, room: str
) -> None:
    """First host: connection_id, snapshot chunk, ready_to_recieve_audio, then chunks; source language as
    target language is legal and is the default; `host_connection_id` is the id that the host was given."""
    async with hosting(server, room, source=server.source, target=server.source) as host:
        assert_in_order(host)
        snapshot = await host.snapshot()
        assert (snapshot["last_n_sents"], snapshot["incomplete_sentence"]) == ([], "")
        assert snapshot.keys() >= CHUNK
        assert server.connection_id(room) == host.connection_id


async def test_a_half_open_socket_is_replaced_at_once(server: Server, room: str) -> None:
    """A half-open old host socket must not lock the host out; a rejoin gets the same three frames, at once:
    nobody waits for a socket that answers no ping and no close."""
    async with AsyncExitStack() as sockets:
        key = server.new_host()
        host = await sockets.enter_async_context(hosting(server, room, cookies_of_host(room, key)))
        # By the id that it was given, by its key alone, by the id after a login that lost the key.
        for credential, known in ((key, True), (key, False), (server.new_host(), True)):
            for _ in range(TRIES):
                host, at_once = await replaced(server, room, (host, key), sockets, credential, known=known)
                key = credential
                if at_once:
                    break
            assert at_once, "the server had to give the half-open socket up first"
        assert host.closed is None


async def replaced(
    server: Server,
    room: str,
    before: tuple[Tab, str],
    sockets: AsyncExitStack,
    credential: str,
    *,
    known: bool,
) -> tuple[Tab, bool]:
    """A half-open socket takes the room over with the key of the host before, then one with `credential`:
    that one, and whether it was in while the server still waited for the half-open one."""
    old, key = before
    path = f"{encoded(room)}/host/{server.source}/{server.source}"
    half = sockets.enter_context(
        half_open(server, path, cookies_of_host(room, key, connection_id=old.connection_id))
    )
    # The half-open one is the room's host from now on.
    await old.closing()
    cookies = cookies_of_host(room, credential, connection_id=server.connection_id(room) if known else "")
    given_up_before = not is_held(half)
    host = await sockets.enter_async_context(hosting(server, room, cookies))
    at_once = given_up_before or is_held(half)
    assert_in_order(host)
    assert server.connection_id(room) == host.connection_id
    return host, at_once


async def test_a_host_that_left_comes_back_to_its_room_with_another_target(server: Server, room: str) -> None:
    """Host rejoining within the grace time, same language: the same three. (At once, since it finds the same
    engine session: test_captions_go_on, and tests/integration/platform/test_sockets.py.)"""
    async with hosting(server, room) as host:
        known = host.connection_id
    cookies = cookies_of_host(room, server.host_key, connection_id=known)
    async with hosting(server, room, cookies, target=server.target) as host:
        assert_in_order(host)
        assert server.connection_id(room) == host.connection_id


@pytest.mark.audio
async def test_lines_stay_when_a_host_comes_back_in_another_language(server: Server, room: str) -> None:
    """Other language: the engine session is replaced, `ready_to_recieve_audio` comes when it is ready;
    nothing is ever removed, the snapshot holds all lines from 0."""
    if "de" not in server.room_list()["available_source_langs"]:
        pytest.skip("the suite speaks English and German: the engine knows no German")
    both = f"{server.source} de"
    async with AsyncExitStack() as sockets:
        async with hosting(server, room) as host:
            viewer = await sockets.enter_async_context(viewing(server, room, "de", source=both))
            await viewer.hears(Recorder(), host, 1, "de")
        cookies = cookies_of_host(room, server.host_key, connection_id=host.connection_id)
        host = await sockets.enter_async_context(
            hosting(server, room, cookies, source="de", before=server.source)
        )
        assert_in_order(host)
        found = server.listed(room)
        assert found
        assert found["source_lang"] == "de"
        english = viewer.page.said()
        assert english
        # An engine that still listened for English would not write it so.
        german = talk("de").texts[0]
        await Recorder("de").record_until(
            host, lambda: any(heard(each, german) for each in viewer.page.said().values()), "what is German"
        )
        said = viewer.page.said()
        assert {at: said[at] for at in english} == english
        late = await sockets.enter_async_context(viewing(server, room, "de", source=both))
        assert late.page.said().items() >= said.items()


async def test_a_second_host_is_refused(server: Server, room: str) -> None:
    """1003 `Multiple hosts not allowed`, whatever `connection_id` says; the live host stays listed."""
    async with hosting(server, room) as host:
        for made_up in ("", "made up"):
            cookies = cookies_of_host(room, server.new_host(), connection_id=made_up)
            async with opened(server, f"{encoded(room)}/host/en/en", cookies) as second:
                assert await second.closing() == SECOND_HOST
        assert server.connection_id(room) == host.connection_id
        assert host.closed is None


@asynccontextmanager
async def _in_mid_sentence(
    server: Server, room: str, viewer: Tab, recorder: Recorder, host: Tab
) -> AsyncIterator[Tab]:
    """Another socket of the host, opened while a sentence is unfinished; the old one is still open.

    The client's page does not wait for that. What was sent before may still be on its way to the page: then
    the next sentence serves.
    """
    page, before = viewer.page, -1
    async with AsyncExitStack() as sockets:
        for _ in range(TRIES):
            await recorder.record_into_a_sentence(host)
            await viewer.sees(lambda: page.incomplete_sentence, "a sentence that is not over")
            before = len(page.sentences)
            known = cookies_of_host(room, server.host_key, connection_id=host.connection_id)
            host = await sockets.enter_async_context(hosting(server, room, known, target=server.target))
            if len(page.sentences) == before:
                break
        assert len(page.sentences) == before
        yield host


@pytest.mark.audio
async def test_captions_go_on_through_new_sockets_recorders_and_engine_sessions(
    server: Server, room: str
) -> None:
    """A change of target language reconnects the socket while the recorder goes on, without a new header;
    `{"signal":"restart_backend_engine"}`; every host socket a new decoder; indices have no gaps."""
    recorder = Recorder()
    async with hosting(server, room) as host, viewing(server, room, server.target) as viewer:
        page = viewer.page
        await viewer.hears(recorder, host, 1, server.target)
        async with _in_mid_sentence(server, room, viewer, recorder, host) as again:
            assert_in_order(again)
            # The engine session is the same: it was in mid-sentence, and still is.
            before = len(page.sentences)
            assert page.incomplete_sentence
            assert (await again.snapshot())["incomplete_sentence"]
            known = cookies_of_host(room, server.host_key, connection_id=again.connection_id)
            await viewer.hears(recorder, again, before + 1, server.target)
            second = talk("en").texts[before]
            assert any(heard(text, second) for text in page.texts(server.source)), "whole, over both sockets"
            await recorder.record_until(again, lambda: page.incomplete_sentence, "one more sentence begins")
            # Nothing is said until the restart is over: no other cause can end the sentence.
            await again.connection.send(json.dumps({"signal": "restart_backend_engine"}))
            await viewer.sees(lambda: not page.incomplete_sentence, "the old session's words end")
            before = len(page.sentences)
            await viewer.hears(recorder, again, before + 1, server.target)
            assert again.closed is None
        known["connection_id"] = again.connection_id
        before, said = len(page.sentences), page.said()
        async with hosting(server, room, known) as with_a_new_recorder:
            await with_a_new_recorder.snapshot()
            assert with_a_new_recorder.page.said().items() >= said.items(), "all lines from 0"
            await viewer.hears(Recorder("en2"), with_a_new_recorder, before + 1, server.target)
        assert viewer.closed is None
        assert page.said().items() >= said.items()


@pytest.mark.audio
async def test_a_recorder_without_a_header_in_a_new_room_is_told_so(server: Server, room: str) -> None:
    """Only the first slice after recording starts holds the WebM header: without any, the socket is closed
    with words that the client shows, and the room is not harmed."""
    recorder = Recorder()
    async with hosting(server, room) as host:
        await recorder.record(0.3, host)
        server.close_room(room)
        await host.closing()
    async with hosting(server, room) as host:
        with suppress(ConnectionClosed):
            await recorder.record(3, host)
        code, reason = await host.closing()
    assert (code, bool(reason)) == (1003, True)
    async with hosting(server, room):
        pass
