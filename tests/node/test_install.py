"""`helm install` on two real nodes: captions from real pods, a drained node, and all of it goes again."""

import asyncio
import contextlib
import time

import pytest

from dolmetsch_core.tasks import end_tasks
from dolmetsch_local.client import Refused, frames, host_socket, login
from dolmetsch_local.recorder import record
from tests.integration.platform.speaking import send
from tests.node.release import NAMESPACE, ROOMS, Release
from tests.platform_process import Viewer, viewing
from tests.scoring import Talk, score, talk
from tests.waiting import until

pytestmark = [pytest.mark.audio, pytest.mark.timeout(900)]
HEARD_S = 240.0
ACTIVE_S = 200.0
UNINSTALL_S = 90.0


async def spoken(release: Release, of: Talk, room: str, lang: str, viewer: Viewer) -> None:
    """Speak a talk into a room, and stay until the viewer has read all of it."""
    key, slices = await login(release.address), record(of.recording)
    host = asyncio.create_task(send(key, slices, lang, stay=True, room=room, source=lang))
    try:
        await until(lambda: not score(of.texts, viewer.texts(lang)).missing, f"all of {of.name}", HEARD_S)
        assert not host.done(), "the host is still there"
    finally:
        await end_tasks(host)


async def test_two_talks_in_two_rooms_are_read_in_both_languages(release: Release) -> None:
    url, talks = release.address.url, {"en": talk("en"), "de": talk("de")}
    async with (
        viewing(url, "HALLA", "en", "de") as (english, translated),
        viewing(url, "HALLB", "de", "en") as (german, into_english),
    ):
        await asyncio.gather(
            spoken(release, talks["en"], "HALLA", "en", english),
            spoken(release, talks["de"], "HALLB", "de", german),
        )
        for viewer in (english, german, translated, into_english):
            viewer.assert_no_gaps()
        await until(
            lambda: all("de" in each for each in translated.in_order), "German of all sentences", HEARD_S
        )
    for lang, viewer in (("en", english), ("de", german)):
        heard = score(talks[lang].texts, viewer.texts(lang))
        print(f"{lang}: WER {heard.wer:.1%}")
        assert heard.wer <= 0.15
        assert not heard.doubled


async def _active(release: Release, room: str, until_told: asyncio.Event) -> str:
    """Hold a room as its host; why it was not active until told, '' when it was."""
    key = await login(release.address)
    try:
        async with host_socket(key, room, "en", "en") as socket:
            async for frame in frames(socket):
                if frame.get("info", {}).get("ready_to_recieve_audio"):
                    break
            else:
                return "the socket ended"
            await until_told.wait()
    except Refused as refused:
        return str(refused)
    return ""


async def test_four_rooms_are_active_at_once_and_the_fifth_is_refused(release: Release) -> None:
    done = asyncio.Event()
    hosts = [asyncio.create_task(_active(release, room, done)) for room in ROOMS[:4]]
    try:
        await until(lambda: _ready(release) == 4, "four rooms have engines", ACTIVE_S)
        nodes = {release.node_of(room) for room in ROOMS[:4]}
        assert len(nodes) == 2, "two on each node"
        async with asyncio.timeout(ACTIVE_S):
            refused = await _active(release, ROOMS[4], done)
        assert refused.endswith("Maximum capacity of 4 instances reached")
    finally:
        done.set()
        of_the_four = await asyncio.gather(*hosts)
    assert of_the_four == [""] * 4


def _ready(release: Release) -> int:
    rooms = release.get("rooms")["items"]
    return sum(each.get("status", {}).get("phase") in ("Ready", "Active") for each in rooms)


async def test_a_drained_node_s_room_goes_on_on_the_other_one(release: Release) -> None:
    of = talk("en2")
    # Rooms wait for their hosts to come back: with all places taken there would be none on the other node.
    await asyncio.to_thread(release.kubectl, "delete", "rooms", "--all")
    await until(lambda: not release.get("rooms")["items"], "no rooms", ACTIVE_S)
    async with viewing(release.address.url, "HALLC", "en") as (viewer,):
        speaking = asyncio.create_task(spoken(release, of, "HALLC", "en", viewer))
        await until(lambda: len(viewer.sentences) >= 2, "two sentences", ACTIVE_S)
        before, node = dict(viewer.sentences), await asyncio.to_thread(release.node_of, "HALLC")
        # Engines only: the store of this cluster is one pod, and losing both at once is another matter.
        drain = ("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=120s")
        engines = "--pod-selector=app.kubernetes.io/component=engine"
        await asyncio.to_thread(release.kubectl, *drain, engines)
        try:
            await speaking
        finally:
            await asyncio.to_thread(release.kubectl, "uncordon", node)
        assert await asyncio.to_thread(release.node_of, "HALLC") != node
    viewer.assert_no_gaps()
    assert before.items() <= viewer.sentences.items(), "what was read stays, and line numbers go on"
    heard = score(of.texts, viewer.texts("en"))
    print(f"drained: WER {heard.wer:.1%}")
    assert not heard.missing
    assert not heard.doubled


async def test_uninstalling_with_live_rooms_leaves_what_is_kept_on_purpose(release: Release) -> None:
    done = asyncio.Event()
    hosts = [asyncio.create_task(_active(release, room, done)) for room in ROOMS[:2]]
    try:
        await until(lambda: _ready(release) >= 2, "two rooms have engines", ACTIVE_S)
        began = time.monotonic()
        await asyncio.to_thread(
            release.helm, "uninstall", "dolmetsch", "--wait", f"--timeout={UNINSTALL_S:.0f}s"
        )
        await asyncio.to_thread(release.wait, "--for=delete", "pod", "--all", seconds=UNINSTALL_S)
        print(f"uninstalled after {time.monotonic() - began:.0f} s")
    finally:
        done.set()
        with contextlib.suppress(OSError):
            await asyncio.gather(*hosts, return_exceptions=True)
    left = release.get("all,rooms,enginepools,leases,secrets,configmaps,pvc")["items"]
    names = sorted(f"{each['kind']}/{each['metadata']['name']}" for each in left)
    assert [name for name in names if not name.startswith("ConfigMap/kube-root-ca")] == [
        "PersistentVolumeClaim/data-dolmetsch-postgresql-0",
        "PersistentVolumeClaim/packages",
        "Secret/dolmetsch-postgresql",
        "Secret/sh.helm.release.v1.dolmetsch-crds.v1",
    ], f"in {NAMESPACE}"
