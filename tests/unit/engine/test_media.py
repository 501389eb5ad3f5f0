"""Stream starts: container by content, header cut exactly, seam for a new decoder."""

from pathlib import Path

import pytest

from dolmetsch_core.media import EMPTY_CLUSTER, Container, HeaderCutter, NoHeader, detect, seam
from tests.webm import recorded

TALK = Path(__file__).parents[3] / "local/dolmetsch_local/demo/talks/str_en.webm"
CLUSTER = bytes.fromhex("1F43B675")


def ogg_page(granule: int, body: bytes = b"audio", flags: int = 0) -> bytes:
    return (
        b"OggS\0" + bytes([flags]) + granule.to_bytes(8, "little", signed=True) + bytes(12)
        + bytes([1, len(body)]) + body
    )  # fmt: skip


def box(kind: bytes, body: bytes = b"1234") -> bytes:
    return (8 + len(body)).to_bytes(4) + kind + body


WEBM = recorded(TALK)
OGG_HEADER = ogg_page(0, b"OpusHead", flags=2) + ogg_page(-1, b"OpusTags, first part") + ogg_page(0, b"rest")
MP4_HEADER = box(b"ftyp") + box(b"free", b"") + box(b"moov", bytes(300))


@pytest.mark.parametrize(
    ("start", "container"),
    [
        (WEBM[0][:8], Container.WEBM),
        (OGG_HEADER[:8], Container.OGG),
        (MP4_HEADER[:8], Container.MP4),
        (WEBM[0][:7], None),
        (b"", None),
    ],
)
def test_container_is_told_by_its_first_eight_bytes(start: bytes, container: Container | None) -> None:
    assert detect(start) is container


@pytest.mark.parametrize("start", [WEBM[3], ogg_page(960), box(b"moof"), b"RIFF1234WAVE", bytes(8)])
def test_stream_without_its_start_is_refused_with_a_remedy(start: bytes) -> None:
    with pytest.raises(NoHeader, match=r"Remedy: stop the MediaRecorder and start a new one"):
        detect(start)


@pytest.mark.parametrize(
    ("stream", "header"),
    [
        (b"".join(WEBM), WEBM[0][: WEBM[0].index(CLUSTER)]),
        (OGG_HEADER + ogg_page(960) + ogg_page(1920), OGG_HEADER),
        (MP4_HEADER + box(b"moof") + box(b"mdat"), MP4_HEADER),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_header_ends_before_the_first_audio_however_it_is_sliced(
    stream: bytes, header: bytes, size: int
) -> None:
    cutter = HeaderCutter()
    found = next(
        cut for at in range(0, len(stream), size) if (cut := cutter.feed(stream[at : at + size])) is not None
    )
    assert found == header


def test_header_holds_no_audio() -> None:
    header = HeaderCutter().feed(WEBM[0])
    assert header is not None
    assert len(header) < 1000


@pytest.mark.parametrize(
    "start",
    [
        WEBM[0][:40] + b"\xec" + (2_000_000).to_bytes(8).replace(b"\0", b"\x01", 1) + bytes(300_000),
        MP4_HEADER[:8] + bytes(4) + box(b"free", bytes(300_000)),
        box(b"ftyp") + box(b"mdat"),
        ogg_page(0, flags=2) + b"no page at all, but longer than one",
    ],
)
def test_endless_or_garbled_header_is_refused(start: bytes) -> None:
    with pytest.raises(NoHeader):
        HeaderCutter().feed(start)


def test_header_larger_than_the_limit_is_refused() -> None:
    with pytest.raises(NoHeader, match="within 100 bytes"):
        HeaderCutter(limit=100).feed(MP4_HEADER)


def test_webm_seam_opens_a_cluster_and_completes_the_dangling_element() -> None:
    assert seam(Container.WEBM, b"header", b"slice\xa3") == b"header" + EMPTY_CLUSTER + b"\xa3"


@pytest.mark.parametrize("container", [Container.OGG, Container.MP4])
def test_other_seams_are_the_header(container: Container) -> None:
    assert seam(container, b"header", b"slice\xa3") == b"header"
