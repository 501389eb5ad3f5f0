"""Which backend gets a pair, and what the page is told."""

import logging

import pytest

from dolmetsch_worker.backends.protocol import Backend, BackendUnavailable, Pair
from dolmetsch_worker.backends.routing import Router


class Listed:
    """A backend with a list of pairs, or without an answer."""

    def __init__(self, name: str, *pairs: Pair) -> None:
        self.name = name
        self.at_once = 1
        self.known: frozenset[Pair] | None = frozenset(pairs)

    async def pairs(self) -> frozenset[Pair]:
        if self.known is None:
            raise BackendUnavailable(self.name, "away")
        return self.known

    async def translate(self, text: str, source: str, target: str) -> str:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


async def refreshed(*backends: Backend, note: str = "") -> Router:
    router = Router(backends, note=note)
    for backend in backends:
        await router.refresh(backend)
    return router


async def test_the_first_backend_in_order_that_has_the_pair_gets_it() -> None:
    one, other = Listed("one", ("en", "de")), Listed("other", ("en", "de"), ("en", "pt"))
    router = await refreshed(one, other)
    assert router.backend("en", "de") is one
    assert router.backend("en", "pt") is other
    assert router.backend("de", "en") is None


async def test_languages_are_all_pairs_of_all_backends_sorted() -> None:
    router = await refreshed(Listed("one", ("en", "de"), ("de", "en")), Listed("other", ("en", "cs")))
    assert router.languages().pairs == {"de": ("en",), "en": ("cs", "de")}


async def test_an_outage_keeps_the_last_known_list() -> None:
    backend = Listed("one", ("en", "de"))
    router = await refreshed(backend)
    backend.known = None
    assert not await router.refresh(backend)
    assert router.backend("en", "de") is backend
    assert router.languages().pairs == {"en": ("de",)}
    assert "no answer from one" in router.languages().note


async def test_a_pair_that_is_gone_goes_to_the_next_backend() -> None:
    one, other = Listed("one", ("en", "de")), Listed("other", ("en", "de"))
    router = await refreshed(one, other)
    one.known = frozenset()
    await router.refresh(one)
    assert router.backend("en", "de") is other


async def test_an_outage_is_logged_once_at_its_beginning(caplog: pytest.LogCaptureFixture) -> None:
    backend = Listed("one")
    backend.known = None
    router = Router([backend])
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            await router.refresh(backend)
        backend.known = frozenset()
        await router.refresh(backend)
    said = [record.getMessage() for record in caplog.records]
    assert [text for text in said if "unavailable" in text] == [
        "translation backend one: one is unavailable: away; tried again later"
    ]
    assert "translation backend one is back" in said


async def test_a_given_note_is_what_the_page_says() -> None:
    assert (await refreshed(note="Because.")).languages().note == "Because."


async def test_without_any_answer_the_note_says_so() -> None:
    assert "speaker's language only" in Router([]).languages().note
