"""`dolmetsch listen`: captions of a room in the terminal."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from dolmetsch_local.client import Refused, frames, viewer_socket

RECONNECT_S = 1.0
PATIENCE = 5
"""Sentences that wait for the translation of the one before them."""
WAITING = "Room not active"


@dataclass
class Captions:
    """Sentences merged from chunks, by line and index."""

    lang: str
    sentences: dict[tuple[int, int], dict[str, str]] = field(default_factory=dict)
    shown: set[tuple[int, int]] = field(default_factory=set)
    unfinished: str = ""
    source: str = ""

    def take(self, chunk: dict[str, Any]) -> list[str]:
        """Merge a chunk; return what can be shown now: each sentence once, in order, in the language."""
        for line in chunk["last_n_sents"]:
            for sentence in line["sentences"]:
                self.sentences[line["line_idx"], sentence["sent_idx"]] = sentence["content"]
        self.unfinished = chunk["incomplete_sentence"]
        ready = []
        for at in sorted(self.sentences):
            if at in self.shown:
                continue
            text = self.sentences[at].get(self.lang)
            if text is None and len(self.sentences) - len(self.shown) <= PATIENCE:
                break
            if text is None:
                # Not to be had, as it seems: the source text is better than silence.
                text = next(iter(self.sentences[at].values()))
            self.shown.add(at)
            ready.append(text)
        return ready


async def listen(
    url: str,
    room: str,
    lang: str,
    show: Callable[[str, str], None],
    say: Callable[[str], None],
    *,
    came: Callable[[dict[str, Any]], None] = lambda _: None,
) -> None:
    """Show a room's captions until it closes: `show(finished, unfinished)`. Raises Refused.

    `came` is called with each frame.
    """
    captions = Captions(lang)
    while True:
        try:
            async with viewer_socket(url, room, lang) as socket:
                async for frame in frames(socket):
                    came(frame)
                    _take(frame, captions, show, say)
                say("The connection ended: connecting again")
        except Refused as refused:
            if str(refused) != WAITING:
                raise
            say("Waiting for the speaker")
        except (OSError, ConnectionClosed, InvalidHandshake):
            say("The connection was lost: connecting again")
        await asyncio.sleep(RECONNECT_S)


def _take(
    frame: dict[str, Any], captions: Captions, show: Callable[[str, str], None], say: Callable[[str], None]
) -> None:
    if "info" in frame:
        state = frame["info"].get("state")
        if state:
            say(state.replace("_", " "))
        return
    finished = captions.take(frame)
    for text in finished:
        show(text, "")
    show("", captions.unfinished)
