"""The log that `speak` and `listen` write for bench."""

from pathlib import Path
from typing import Any

import pytest
from bench.listened import read, texts

from dolmetsch_local.talk_log import TalkLog


def chunk(rest: str, *sentences: tuple[int, int, str]) -> dict[str, Any]:
    lines = [
        {"line_idx": line, "sentences": [{"sent_idx": sent, "content": {"en": text, "de": "…"}}]}
        for line, sent, text in sentences
    ]
    return {"last_n_sents": lines, "incomplete_sentence": rest}


def test_speak_and_listen_write_one_file_that_bench_reads(tmp_path: Path) -> None:
    speaker, reader = TalkLog(tmp_path / "talk.jsonl"), TalkLog(tmp_path / "talk.jsonl")
    reader.frame({"info": {"state": "live"}})
    speaker.began()
    reader.frame(chunk("The hall"))
    reader.frame(chunk("My name", (0, 0, "The hall is large.")))
    reader.frame(chunk("", (0, 1, "My name is Peter."), (1, 0, "“Grüß Gott”")))
    for log in (speaker, reader):
        log.close()
    began, frames = read(tmp_path / "talk.jsonl")
    assert [text.strip() for _, text in texts(frames, "en")] == [
        "The hall",
        "The hall is large. My name",
        "The hall is large. My name is Peter. “Grüß Gott”",
    ]
    assert began <= frames[0][0] <= frames[-1][0]


@pytest.mark.parametrize("times", [0, 2])
def test_a_log_of_no_talk_or_of_two_is_refused(tmp_path: Path, times: int) -> None:
    log = TalkLog(tmp_path / "talk.jsonl")
    for _ in range(times):
        log.began()
    log.frame(chunk("The hall"))
    log.close()
    with pytest.raises(ValueError, match=f"tells of {times} talks"):
        read(tmp_path / "talk.jsonl")


def test_without_a_file_nothing_is_written() -> None:
    log = TalkLog(None)
    log.began()
    log.frame(chunk("The hall"))
    log.close()
