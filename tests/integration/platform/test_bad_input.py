"""Bad input at sockets, and what only looks so: each gets its reason, and costs nobody else anything."""

import asyncio
import contextlib

import pytest
from websockets.exceptions import ConnectionClosed

from dolmetsch_local.recorder import record
from tests.integration.platform.hosts import (
    EMPTY,
    HOST,
    closing,
    frame,
    host_is_seen,
    hosting,
    opened,
)
from tests.platform_process import PATIENCE_S, PlatformProcess
from tests.scoring import talk


async def test_a_host_with_the_cookies_of_many_rooms_gets_in(platform: PlatformProcess) -> None:
    votes = {f"voted-{'x' * 40}{n}": "true" for n in range(400)}
    assert len(str(votes)) > 2 * 8192, "more than a line may have by default"
    async with hosting(platform, votes | HOST):
        pass


@pytest.mark.parametrize(
    ("room", "cookie", "answer"),
    [
        ("x" * 70_000, "", b"HTTP/1.1 414 "),
        ("DEMO1", "c=" + "x" * 70_000, b"HTTP/1.1 431 "),
        # What it does not read any more cuts the answer off.
        ("DEMO1", "c=" + "x" * 1_000_000, b""),
    ],
    ids=["path", "cookie", "huge cookie"],
)
async def test_a_request_with_too_long_a_line_is_answered_and_its_connection_ended(
    platform: PlatformProcess, room: str, cookie: str, answer: bytes
) -> None:
    lines = [f"GET /room/{room}/client/undefined/de HTTP/1.1", "Host: x", "Upgrade: websocket"]
    lines += ["Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Cookie: {cookie}"]
    reader, writer = await asyncio.open_connection("127.0.0.1", platform.port)
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode())
        received = b""
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionResetError):
                while piece := await reader.read(4096):
                    received += piece
        assert received.startswith(answer)
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("not json", "Text frame not understood: send audio as binary frames"),
        ('{"signal":"dance"}', "Text frame not understood: send audio as binary frames"),
        ('{"late_ms": -1}', "late_ms is how late the next audio comes: send 0 to 600000 milliseconds"),
        ('{"late_ms": "soon"}', "late_ms is how late the next audio comes: send 0 to 600000 milliseconds"),
        ('{"late_ms": 1e12}', "late_ms is how late the next audio comes: send 0 to 600000 milliseconds"),
        ('{"late_ms": NaN}', "late_ms is how late the next audio comes: send 0 to 600000 milliseconds"),
        ("[" * 100_000, "Text frame not understood: send audio as binary frames"),
        (b"no header, just noise", "The audio has no stream header: stop the recorder and start a new one"),
    ],
    ids=[
        "no json",
        "unknown signal",
        "early",
        "a word",
        "years",
        "no number",
        "nested without end",
        "no header",
    ],
)
async def test_what_is_no_audio_is_named_and_the_room_waits_for_its_host(
    platform: PlatformProcess, sent: str | bytes, reason: str
) -> None:
    async with hosting(platform) as (host, _), opened(platform, "DEMO1/client/undefined/de") as viewer:
        assert await frame(viewer) == EMPTY
        await host.send(sent)
        assert await closing(host) == (1003, reason)
        async with hosting(platform):
            await host_is_seen(platform, "DEMO1")
        await platform.end_grace_time("DEMO1")
        assert await closing(viewer) == (1003, "Room closed")


async def test_a_huge_frame_closes_its_own_socket_only(platform: PlatformProcess) -> None:
    async with hosting(platform) as (host, _):
        await host.send(b"")
        # The server may close before it was sent all of it.
        with contextlib.suppress(ConnectionClosed):
            await host.send(bytes(1 << 21))
        code, _ = await closing(host)
        assert code == 1009
    assert platform.request("GET", "/health").json()["status"] == "ok"


async def test_garbage_behind_a_header_is_named(platform: PlatformProcess) -> None:
    header = record(talk("en").recording)[0].data
    async with hosting(platform) as (host, _):
        await host.send(header)
        closed = asyncio.create_task(closing(host))
        with pytest.raises(ConnectionClosed):
            while True:
                await host.send(b"\x00" * 4000)
                await asyncio.sleep(0.25)
        code, reason = await closed
    assert code == 1003
    assert reason.startswith("The audio can't be decoded")
