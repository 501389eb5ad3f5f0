"""The chart's HTTPRoute and its Ingress, served by a real Traefik: clients can live with both."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from dolmetsch_local.client import frames, host_socket, login
from tests.contract_run import run_contract
from tests.node.addresses import node_address
from tests.node.release import BASE_PATH, Release
from tests.node.routes.conftest import FAILURES_PER_MINUTE, ROOMS, Route
from tests.node.routes.traefik import GATEWAY, PROVIDERS, Traefik
from tests.node.speaking import assert_all_read, spoken
from tests.platform_process import viewing
from tests.scoring import talk

pytestmark = [pytest.mark.audio, pytest.mark.timeout(900)]
IDLE_S = 75.0
"""More than any idle limit of 60 s, which is a usual one."""
PATIENCE_S = 120.0
SUITE_S = 3600.0
LEFT_OUT = {
    f"tests/contract/{file}.py::{test}"
    for file, tests in {
        # They ask at / as well, where a route with a base path does not lead.
        "test_base_path": (
            "test_what_is_got_is_the_same_at_both",
            "test_what_is_got_is_refused_alike",
            "test_what_is_posted_is_refused_alike",
            "test_a_login_is_good_at_both",
            "test_the_list_of_transcripts_is_the_same_at_both",
            "test_sockets_are_there",
        ),
        # They need another clock, or stop parts of the platform.
        "test_known_faults": (
            "test_a_platform_without_passwords_does_not_start",
            "test_votes_survive_midnight_and_restarts",
            "test_the_room_list_follows_the_schedule_while_running",
            "test_a_schedule_that_is_broken_leaves_the_last_good_one",
            "test_keys_expire_when_they_say_and_still_carry_the_subject_on",
            "test_health_stays_when_store_and_libretranslate_are_away",
            "test_languages_stay_while_libretranslate_is_away",
            "test_a_translation_failure_does_not_end_translation_for_the_room",
            "test_outside_of_the_conference_everything_still_starts",
            "test_failed_logins_of_others_do_not_log_a_host_out",
        ),
        # They need the suite's grace time, or its schedule: here are rooms that are always on.
        "test_room_life": (
            "test_a_room_is_closed_for_all_when_its_host_does_not_come_back",
            "test_a_host_that_comes_back_stops_the_timer",
            "test_a_refused_second_host_does_not_arm_the_close_timer_of_the_live_one",
            "test_an_active_room_is_listed_whatever_the_clock_says",
        ),
        "test_room_list": (
            "test_a_talk_is_listed_from_half_an_hour_before_its_start_until_its_end",
            "test_a_talk_that_says_nothing_of_itself_has_what_the_client_needs",
            "test_words_of_the_schedule_are_there_as_they_were_written",
            "test_the_language_is_the_schedules_where_the_engine_knows_it",
            "test_an_id_that_needs_encoding_works_everywhere",
            "test_what_must_not_be_recorded_can_not_be_activated",
        ),
        "test_transcripts": ("test_an_item_tells_what_the_schedule_says",),
        "test_votes": (
            "test_votes_are_for_the_next_days_talks",
            "test_ids_are_there_for_each_talk",
            "test_a_talk_without_speaker_and_track_has_what_the_client_needs",
            "test_a_vote_answers_the_new_count_as_a_bare_integer",
            "test_there_are_never_less_than_no_votes",
            "test_no_votes_for_other_days_nor_for_what_is_not_recorded",
            "test_votes_at_the_same_time_are_all_counted",
        ),
    }.items()
    for test in tests
}
"""Tests of the suite that need its own schedule, clock or platform. All others run, and none is skipped."""
DIFFERENT = {
    "tests.contract.test_socket_refusals::"
    "test_the_first_check_that_fails_gives_code_and_reason[host, empty source]"
}
"""Traefik makes one slash of two (its entry points' `sanitizePath`): the api misses another language in the
path of that socket. All that a client notices is the reason it is refused with."""


def test_the_gateway_has_taken_the_route(release: Release, traefik: Traefik) -> None:
    traefik.wait_for_route("HTTPRoute")
    (parent,) = release.get("httproute", "dolmetsch-api")["status"]["parents"]
    assert parent["parentRef"]["name"] == GATEWAY
    said = {each["type"]: each["status"] for each in parent["conditions"]}
    assert (said["Accepted"], said["ResolvedRefs"]) == ("True", "True"), parent["conditions"]


def test_only_the_base_path_leads_to_the_api(route: Route) -> None:
    origin = route.address.url.removesuffix(BASE_PATH)
    with httpx.Client(trust_env=False, timeout=PATIENCE_S) as client:
        assert client.get(f"{route.address.url}/health").json() == {"status": "ok"}
        for path in ("/", "/health", "/room_list"):
            assert client.get(origin + path).status_code == httpx.codes.NOT_FOUND


async def test_a_talk_is_read_by_the_route(route: Route) -> None:
    of, room = talk("en"), ROOMS[list(PROVIDERS).index(route.kind)]
    async with viewing(route.address.url, room, "en", stay=True) as (viewer,):
        await spoken(route.address, of, room, viewer)
    assert_all_read(of, viewer, route.kind)


async def test_a_viewer_s_socket_may_be_idle(route: Route) -> None:
    """Nobody speaks, and the viewer sends nothing: the api's pings are all that comes."""
    room = ROOMS[2 + list(PROVIDERS).index(route.kind)]
    url = route.address.url.replace("http", "ws", 1)
    async with host_socket(await login(route.address), room, "en", "en") as host:
        async for frame in frames(host):
            if frame.get("info", {}).get("ready_to_recieve_audio"):
                break
        # Pings of its own would be traffic, and browsers send none.
        quiet: dict[str, Any] = {"ping_interval": None, "proxy": None, "compression": None}
        async with connect(f"{url}/room/{room}/client/undefined/en?v=1", **quiet) as viewer:
            await viewer.recv()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(_read(viewer), IDLE_S)
            async with asyncio.timeout(PATIENCE_S):
                await (await viewer.ping())


async def _read(socket: ClientConnection) -> None:
    """Until it is closed."""
    began = time.monotonic()
    async for message in socket:
        print(f"came to an idle viewer after {time.monotonic() - began:.1f} s: {message!r}")


def test_wrong_passwords_are_counted_by_the_address_of_the_client(route: Route) -> None:
    """Traefik tells the address, and the api believes it: another client is not kept out."""
    # An address of this machine, as is the one that the other tests come from.
    guesser = node_address(1)
    assert _refused_unchecked(route, guesser, attempts=FAILURES_PER_MINUTE + 1)
    assert _refused_unchecked(route, guesser, headers={"X-Forwarded-For": "198.19.1.1"}), "nobody may tell it"
    assert not _refused_unchecked(route, None)


def _refused_unchecked(route: Route, source: str | None, attempts: int = 1, **more: Any) -> bool:
    """Whether one of so many wrong passwords from an address of this machine is not looked at."""
    transport = httpx.HTTPTransport(local_address=source)
    with httpx.Client(transport=transport, trust_env=False, timeout=PATIENCE_S) as client:
        for _ in range(attempts):
            answer = client.post(f"{route.address.url}/login", json={"password": "guessed"}, **more)
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
            if "Retry-After" in answer.headers:
                return True
    return False


@pytest.mark.timeout(SUITE_S + 120)
async def test_clients_in_use_can_live_with_the_route(patient_route: Route, tmp_path: Path) -> None:
    """The whole of tests/contract, but for LEFT_OUT; and what is different is no more than is known."""
    route = patient_route
    began, url = time.monotonic(), route.address.url
    told = {
        "URL": url,
        "HOST_PASSWORD": route.address.host_password,
        "ADMIN_PASSWORD": route.admin_password,
        "OWN_SETUP": "0",
    }
    env = {f"DOLMETSCH_CONTRACT_{name}": value for name, value in told.items()}
    ran = await run_contract(url, tmp_path / "contract.xml", SUITE_S, **env)
    print(f"{route.kind}: tests/contract took {time.monotonic() - began:.0f} s")
    assert {test.partition("[")[0] for test in ran.left_out} == LEFT_OUT
    assert set(ran.failed) == DIFFERENT, f"tests/contract against {url}: see its output"
    assert not ran.skipped
