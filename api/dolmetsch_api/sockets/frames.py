"""What goes over a client's socket, encoded. Pure. Source of the shapes: what clients in use rely on."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dolmetsch_core.wire.feed import Sentence

REASON_BYTES = 123
"""A close frame holds no more."""


def _json(message: Any) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def info(**fields: Any) -> str:
    """`{"info": {...}}`, such as connection_id, ready_to_recieve_audio (their spelling), state."""
    return _json({"info": fields})


def close_reason(text: str) -> str:
    """Cut a reason to what a close frame holds, at a character's edge."""
    return text.encode()[:REASON_BYTES].decode(errors="ignore")


@dataclass(frozen=True)
class CaptionSentence:
    """A sentence with what is known of it in one language (`translation` None: not known, or its own)."""

    sentence: Sentence
    translation: str | None
    line_start: float
    line_end: float


@dataclass(frozen=True)
class Tail:
    """What every chunk carries: the unfinished sentence and both delays in seconds."""

    rest: str = ""
    transcription_delay: float = 0.0
    translation_delay: float = 0.0


def chunk(sentences: Iterable[CaptionSentence], lang: str, tail: Tail) -> str:
    """Encode sentences (in order) grouped by line: the client merges by index, whole sentences at a time."""
    lines: dict[int, dict[str, Any]] = {}
    for each in sentences:
        said = each.sentence
        line = lines.setdefault(
            said.line,
            {
                "line_idx": said.line,
                "beg": int(each.line_start),
                "end": int(each.line_end),
                "speaker": said.speaker,
                "sentences": [],
            },
        )
        content = {said.lang: said.text}
        if each.translation is not None:
            content[lang] = each.translation
        line["sentences"].append({"sent_idx": said.sent, "content": content})
    return _json(
        {
            "last_n_sents": list(lines.values()),
            "incomplete_sentence": tail.rest,
            "transcription_delay": round(tail.transcription_delay, 2),
            "translation_delay": round(tail.translation_delay, 2),
        }
    )
