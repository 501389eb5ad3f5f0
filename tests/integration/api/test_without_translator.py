"""No translator was ever there, or it has nothing to translate with yet: captions are as they are spoken."""

import json
from urllib.parse import quote

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import connect as dial

from dolmetsch_core.live import keys, languages, rooms
from dolmetsch_core.live.pen import Pen
from dolmetsch_core.wire.feed import LinesWritten, Live, Sentence
from dolmetsch_core.wire.translation import Languages
from tests.integration.api.api_process import Client, activate, running, settings
from tests.waiting import looks

ROOM = "DEMO1"
STARTING = "The platform is starting: try again in a few seconds"
NOTE = "No translation backend has answered yet"
NOT_SUPPORTED = "Target language {} not supported by translation service"


@pytest.fixture(params=["never heard of", "with nothing yet"])
async def told(request: pytest.FixtureRequest, store: Redis) -> bool:
    """Whether a translator has said that there is no pair, or nobody anything."""
    if request.param == "never heard of":
        await store.delete(keys.languages())
        return False
    await languages.publish(store, Languages(pairs={}, note=NOTE))
    return True


async def heard(client: Client) -> None:
    async for _ in looks("the api has heard of the translator", 30):
        if (await client.get("/api/v1/about"))["languages"] == NOTE:
            return


async def say(store: Redis, session: str) -> None:
    said = Sentence(n=0, line=0, sent=0, start=0.0, end=1.0, lang="en", text="Good morning.")
    pen = Pen(store, ROOM, session, 1)
    await pen.take()
    await pen.write((said,), LinesWritten(sentences=(said,)), Live(after=1))


async def test_captions_are_read_in_the_language_spoken(store: Redis, store_url: str, told: bool) -> None:
    room = await activate(store, ROOM)
    await say(store, room.session)
    async with running(settings(store_url), translator=False) as client:
        if told:
            await heard(client)
        for target in ("en", "de") if told else ("en",):
            url = f"{client.url.replace('http', 'ws')}/room/{ROOM}/client/undefined/{target}"
            async with dial(url, proxy=None) as socket:
                (line,) = json.loads(await socket.recv())["last_n_sents"]
                assert [each["content"] for each in line["sentences"]] == [{"en": "Good morning."}]


async def test_a_host_gets_in(store: Redis, store_url: str, told: bool) -> None:
    cookies = {
        f"{ROOM}-allow_store": "false",
        f"{ROOM}-allow_client_download": "false",
        "authenticated": "host",
    }
    pairs = "; ".join(f"{name}={quote(value)}" for name, value in cookies.items())
    async with running(settings(store_url), translator=False) as client:
        url = f"{client.url.replace('http', 'ws')}/room/{ROOM}/host/en/en"
        async with dial(url, proxy=None, additional_headers={"Cookie": pairs}):
            async for _ in looks("the room is asked for", 30):
                if ROOM in (await rooms.read(store)).rooms:
                    break


async def test_what_can_not_be_read_says_whether_to_try_again(
    store: Redis, store_url: str, told: bool
) -> None:
    await activate(store, ROOM)
    async with running(settings(store_url), translator=False) as client:
        if told:
            await heard(client)
        for target in ("fr", "xx") if told else ("de", "xx"):
            reason = NOT_SUPPORTED.format(target) if told else STARTING
            assert await client.closed(f"/room/{ROOM}/client/undefined/{target}") == reason
