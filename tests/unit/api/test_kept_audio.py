"""Audio kept for a replacement engine: where it starts, what it is given, what is forgotten when."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from dolmetsch_api.sockets.kept_audio import BYTES_PER_SECOND, DANGLING, KeptAudio, Replay
from dolmetsch_core.live.audio import Header
from dolmetsch_core.media import EMPTY_CLUSTER, Container, HeaderCutter, NoHeader
from dolmetsch_core.wire.feed import Position
from tests.webm import recorded

TALK = Path(__file__).parents[3] / "local" / "dolmetsch_local" / "demo" / "talks" / "str_en.webm"
SLICES = recorded(TALK)[:12]
_HEADER = HeaderCutter().feed(SLICES[0])
assert _HEADER is not None
HEADER = Header(Container.WEBM, _HEADER)
OTHER = Header(Container.OGG, b"OggS header")


def kept(messages: Iterable[bytes], known: Header | None = None, *, seconds: float = 120.0) -> KeptAudio:
    audio = KeptAudio(max_seconds=seconds)
    for message in messages:
        audio.add(message, known)
    return audio


def committed(message: int, cut: int = 16_000, start: int = 12_000) -> Position:
    return Position(turn=1, message=message, start=start, cut=cut)


def numbers(audio: KeptAudio) -> list[int]:
    """Which messages are kept."""
    return [n for n in range(audio.next + 5) if audio.message(n) is not None]


def seam_before(message: int) -> bytes:
    """What a webm decoder is given before this message of SLICES."""
    return HEADER.data + EMPTY_CLUSTER + SLICES[message - 1][-1:]


def test_messages_are_numbered_from_0_and_kept_as_they_are() -> None:
    audio = kept(SLICES)
    assert audio.next == len(SLICES)
    assert [audio.message(n) for n in range(len(SLICES))] == SLICES
    assert audio.message(len(SLICES)) is None


def test_the_header_is_cut_out_of_the_first_slice() -> None:
    audio = kept(SLICES[:1])
    assert audio.header == HEADER
    assert audio.replay() == Replay(first=0, prefix=b"")


def in_pieces(*sizes: int) -> list[bytes]:
    """The first slice cut after so many bytes, then the other slices."""
    pieces, rest = [], SLICES[0]
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    return [*pieces, rest, *SLICES[1:]]


@pytest.mark.parametrize("sizes", [(1,), (7,), (8,), (1, 1, 1), (100,), (1, 60, 60)])
def test_a_header_may_come_in_several_messages(sizes: tuple[int, ...]) -> None:
    messages = in_pieces(*sizes)
    audio = KeptAudio(max_seconds=120.0)
    for message in messages[: len(sizes)]:
        audio.add(message, None)
        assert audio.header is None
        assert audio.replay() is None
    audio.add(messages[len(sizes)], None)
    assert audio.header == HEADER
    assert audio.replay() == Replay(first=0, prefix=b"")


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_position_within_the_headers_messages_replays_from_the_first(position: int) -> None:
    audio = kept(in_pieces(1, 60))
    audio.commit(committed(position))
    assert numbers(audio)[0] == 0
    assert audio.replay() == Replay(0, b"", 12_000, 16_000)


def test_a_recorder_that_goes_on_takes_the_known_header() -> None:
    audio = kept(SLICES[4:], HEADER)
    assert audio.header == HEADER
    assert audio.replay() == Replay(0, HEADER.data + EMPTY_CLUSTER + DANGLING)


def test_a_recorder_that_goes_on_may_begin_with_a_single_byte() -> None:
    audio = kept([SLICES[4][:1]], HEADER)
    assert audio.replay() is None
    audio.add(SLICES[4][1:], HEADER)
    assert audio.replay() == Replay(0, HEADER.data + EMPTY_CLUSTER + DANGLING)


def test_only_webm_needs_a_seam() -> None:
    audio = kept(SLICES[4:6], OTHER)
    assert audio.replay() == Replay(0, OTHER.data)


def test_a_new_header_counts_more_than_the_known_one() -> None:
    assert kept(SLICES, OTHER).header == HEADER


@pytest.mark.parametrize("first", [b"\0" * 20, b"hello, I am no audio", SLICES[4]])
def test_a_stream_without_any_header_is_refused(first: bytes) -> None:
    with pytest.raises(NoHeader):
        kept([first])


def test_a_garbled_header_is_refused_even_if_another_is_known() -> None:
    with pytest.raises(NoHeader):
        kept([SLICES[0][:4] + bytes(200)], HEADER)


def test_before_anything_is_committed_all_is_replayed() -> None:
    audio = kept(SLICES)
    assert audio.replay() == Replay(0, b"")
    assert numbers(audio) == list(range(len(SLICES)))


def test_a_replay_starts_at_the_committed_position() -> None:
    audio = kept(SLICES)
    audio.commit(committed(5, cut=25_000, start=24_000))
    assert audio.replay() == Replay(5, seam_before(5), 24_000, 25_000)


def test_what_lies_before_the_position_is_forgotten_but_for_the_byte_before_it() -> None:
    audio = kept(SLICES)
    audio.commit(committed(5))
    assert numbers(audio) == list(range(4, len(SLICES)))
    assert audio.next == len(SLICES)


@pytest.mark.parametrize("message", [3, 4, 5])
def test_an_older_position_takes_nothing_back(message: int) -> None:
    audio = kept(SLICES)
    audio.commit(committed(5, cut=25_000, start=24_000))
    audio.commit(committed(message, cut=20_000, start=19_000))
    assert audio.replay() == Replay(5, seam_before(5), 24_000, 25_000)


def test_a_position_moves_on_message_by_message() -> None:
    audio = kept(SLICES)
    for message in range(2, len(SLICES)):
        audio.commit(committed(message, cut=4800 * message + 900, start=4800 * message))
        assert audio.replay() == Replay(message, seam_before(message), 4800 * message, 4800 * message + 900)


def test_a_position_ahead_of_all_messages_leaves_the_numbers_right() -> None:
    audio = kept(SLICES[:3])
    audio.commit(committed(9))
    audio.add(SLICES[3], None)
    assert audio.next == 4
    assert audio.message(3) == SLICES[3]


def test_after_a_commit_a_recorder_that_went_on_has_its_seam() -> None:
    audio = kept(SLICES[4:], HEADER)
    audio.commit(committed(3))
    assert audio.replay() == Replay(3, seam_before(4 + 3), 12_000, 16_000)


def test_for_want_of_room_the_oldest_goes_first() -> None:
    audio = kept(SLICES, seconds=sum(map(len, SLICES[-3:])) / BYTES_PER_SECOND)
    assert numbers(audio) == [len(SLICES) - 3, len(SLICES) - 2, len(SLICES) - 1]
    assert audio.next == len(SLICES)


def test_a_message_larger_than_all_room_is_kept_alone() -> None:
    audio = kept(SLICES, seconds=0.001)
    assert numbers(audio) == [len(SLICES) - 1]


def test_after_a_loss_for_want_of_room_the_rest_is_new_audio() -> None:
    audio = kept(SLICES, seconds=sum(map(len, SLICES[-3:])) / BYTES_PER_SECOND)
    audio.commit(committed(2))
    first = len(SLICES) - 3
    assert audio.replay() == Replay(first, HEADER.data + EMPTY_CLUSTER + DANGLING)


def test_audio_after_a_loss_is_replayed_at_its_own_time() -> None:
    audio = KeptAudio(max_seconds=(sum(map(len, SLICES)) - len(SLICES[0])) / BYTES_PER_SECOND)
    for number, message in enumerate(SLICES):
        audio.add(message, None, at_ms=1000 + 300 * number)
    replay = audio.replay()
    assert replay is not None
    assert replay.first > 0
    assert replay.late_ms == 300 * replay.first
    assert replay.prefix == seam_before(replay.first)


def test_half_a_header_is_never_replayed() -> None:
    messages = [SLICES[0][:100], SLICES[0][100:], *SLICES[1:6]]
    audio = kept(messages, seconds=(sum(map(len, messages)) - 50) / BYTES_PER_SECOND)
    replay = audio.replay()
    assert replay is not None
    assert (audio.message(0), replay.first) == (None, 2)
    assert replay.prefix.startswith(HEADER.data)


def test_under_a_new_turn_the_old_position_does_not_count() -> None:
    audio = kept(SLICES)
    audio.commit(committed(5, cut=25_000, start=24_000))
    audio.new_turn()
    replay = audio.replay()
    assert replay is not None
    assert (replay.first, replay.start, replay.cut) == (4, None, None)
