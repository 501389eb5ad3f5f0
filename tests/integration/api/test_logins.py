"""Logging in over a real store: failures are counted in all processes, nobody else is kept out."""

import asyncio

import jwt
import pytest
from redis.asyncio import Redis

from dolmetsch_api.auth import attempts as attempts_module
from dolmetsch_api.auth import logins as logins_module
from dolmetsch_api.auth.attempts import Attempts, origin_of_address
from dolmetsch_api.auth.logins import Logins, TooManyFailures
from dolmetsch_api.auth.passwords import LENGTH, Passwords
from dolmetsch_api.auth.tokens import Role, Tokens
from dolmetsch_core.live.store import connect
from tests.integration.api.api_process import HASHER, running, settings

HASHES = {Role.HOST: HASHER.hash("sesame"), Role.ADMIN: HASHER.hash("caraway")}
HALL, ELSEWHERE = "192.0.2.7", "192.0.2.8"


def logins(store: Redis, per_origin: int = 3, overall: int = 6) -> Logins:
    """One api process."""
    attempts = Attempts(store, per_origin=per_origin, overall=overall)
    return Logins(Passwords(HASHES, allow_plain=False), Tokens("k" * 32, 24.0), attempts)


async def guess(process: Logins, times: int, origin: str = HALL) -> None:
    for _ in range(times):
        assert await process.login("wrong", "", previous="", origin=origin) is None


async def test_failures_are_limited_per_origin_over_all_processes(store: Redis) -> None:
    one, other = logins(store), logins(store)
    await guess(one, 2)
    await guess(other, 1)
    with pytest.raises(TooManyFailures):
        await one.login("sesame", "", previous="", origin=HALL)
    assert await other.login("sesame", "", previous="", origin=ELSEWHERE)


async def test_failures_are_limited_overall(store: Redis) -> None:
    process = logins(store, per_origin=3, overall=4)
    await guess(process, 2)
    await guess(process, 2, ELSEWHERE)
    with pytest.raises(TooManyFailures):
        await process.login("sesame", "", previous="", origin="198.51.100.1")


async def test_a_thousand_guesses_at_once_are_not_one(store: Redis) -> None:
    process = logins(store)
    tries = [process.login(f"wrong {n}", "", previous="", origin=HALL) for n in range(50)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(each) for each in answers].count(TooManyFailures) == 47
    assert answers.count(None) == 3


async def test_successful_logins_are_not_limited(store: Redis) -> None:
    process = logins(store)
    for _ in range(20):
        assert await process.login("sesame", "", previous="", origin=HALL)
    await guess(process, 3)


async def test_a_token_is_taken_whatever_others_tried(store: Redis) -> None:
    process = logins(store)
    login = await process.login("sesame", "", previous="", origin=HALL)
    assert login is not None
    await guess(process, 3)
    person = await process.person(login.key, origin=HALL)
    assert person is not None
    assert await process.person("eyJhbGciOiJub25lIn0.e30.", origin=HALL) is None, "no guess at a password"


async def show(process: Logins, *keys: str, origin: str = HALL) -> None:
    """In the place of a key, each."""
    for key in keys:
        assert await process.person(key, origin=origin) is None


async def test_a_hall_of_keys_of_another_server_keeps_nobody_from_logging_in(store: Redis) -> None:
    process = logins(store)
    keys = [f"{n:064x}" for n in range(20)]
    answers = await asyncio.gather(
        *(process.person(key, origin=HALL) for key in keys), return_exceptions=True
    )
    assert [type(each) for each in answers].count(TooManyFailures) == 17
    assert await process.login("sesame", "", previous="", origin=HALL)
    assert await process.role_of("sesame", origin=HALL) is Role.HOST


async def test_a_key_that_is_none_is_one_guess_however_often_it_is_shown(store: Redis) -> None:
    process = logins(store)
    await show(process, *["another server's"] * 20, "x" * (LENGTH + 1), "")
    await show(process, "a second guess", "a third")
    with pytest.raises(TooManyFailures):
        await process.person("a fourth", origin=HALL)
    await show(process, "another server's")


async def test_guesses_in_the_place_of_a_key_are_limited_like_any_other(store: Redis) -> None:
    one, other = logins(store, per_origin=3, overall=5), logins(store, per_origin=3, overall=5)
    await show(one, "a", "b")
    await show(other, "c")
    with pytest.raises(TooManyFailures):
        await one.person("sesame", origin=HALL)
    await show(one, "d", "e", origin=ELSEWHERE)
    with pytest.raises(TooManyFailures):
        await other.person("sesame", origin="198.51.100.1")


async def test_a_right_password_known_by_heart_is_no_way_round_the_limit(store: Redis) -> None:
    process = logins(store)
    assert await process.person("sesame", origin=HALL)
    await show(process, "a", "b", "c")
    with pytest.raises(TooManyFailures):
        await process.person("sesame", origin=HALL)


async def test_a_password_in_the_cookie_is_taken_whatever_others_guess_at_the_login(store: Redis) -> None:
    process = logins(store)
    await guess(process, 3)
    with pytest.raises(TooManyFailures):
        await process.login("sesame", "", previous="", origin=HALL)
    assert await process.person("sesame", origin=HALL)


async def test_a_wrong_password_is_wrong_at_the_login_again_and_again(store: Redis) -> None:
    process = logins(store)
    await show(process, "wrong")
    await guess(process, 3)
    with pytest.raises(TooManyFailures):
        await guess(process, 1)


async def test_who_was_let_in_before_logs_in_again_whatever_others_tried(store: Redis) -> None:
    process = logins(store)
    before = await process.login("sesame", "", previous="", origin=HALL)
    assert before is not None
    await guess(process, 3)
    await guess(process, 3, ELSEWHERE)
    again = await process.login("sesame", "", previous=before.key, origin=HALL)
    assert again is not None
    assert process.read(again.key) == process.read(before.key)


async def test_who_was_let_in_before_does_not_guess_without_end_from_many_addresses(store: Redis) -> None:
    process = logins(store, per_origin=3, overall=4)
    keys = [await process.login("sesame", "", previous="", origin=HALL) for _ in range(2)]
    mine, yours = [key.key for key in keys if key is not None]
    for _ in range(2):
        assert await process.login("caraway?", "admin", previous=mine, origin=HALL) is None
        assert await process.login("caraway?", "admin", previous=yours, origin=ELSEWHERE) is None
    for key in (mine, yours):
        with pytest.raises(TooManyFailures):
            await process.login("caraway", "admin", previous=key, origin="198.51.100.1")
    assert await process.login("sesame", "", previous="", origin=HALL), "strangers are counted apart"


async def test_new_keys_do_not_give_new_guesses_at_the_other_password(store: Redis) -> None:
    process = logins(store, overall=100)
    with pytest.raises(TooManyFailures):
        for _ in range(11):
            mine = await process.login("sesame", "", previous="", origin=HALL)
            assert mine is not None
            for _ in range(3):
                assert await process.login("caraway?", "admin", previous=mine.key, origin=HALL) is None
    elsewhere = await process.login("sesame", "", previous=mine.key, origin=ELSEWHERE)
    assert elsewhere is None or elsewhere.role is Role.HOST


async def test_sixty_right_logins_at_once_from_one_address_are_all_let_in(store: Redis) -> None:
    process = logins(store)
    at_once = [process.login("sesame", "", previous="", origin=HALL) for _ in range(60)]
    assert all(await asyncio.gather(*at_once))


async def test_a_flood_of_attempts_does_not_pile_up(store: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins_module, "WAITING", 5)
    process = logins(store, per_origin=100, overall=100)
    tries = [process.login(f"wrong {n}", "", previous="", origin=HALL) for n in range(20)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(each) for each in answers].count(TooManyFailures) == 13, "two are under way, five wait"
    assert await process.login("sesame", "", previous="", origin=HALL), "the queue is empty again"


async def test_a_store_that_hangs_does_not_hold_up_logins(
    store: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts_module, "STORE_PATIENCE_S", 0.2)
    process = logins(store)
    # For longer than any test may take: who waited for the store would not come back.
    await store.execute_command("CLIENT", "PAUSE", 3_600_000, "WRITE")
    try:
        assert await process.login("sesame", "", previous="", origin=HALL)
    finally:
        await store.execute_command("CLIENT", "UNPAUSE")


@pytest.mark.parametrize(
    ("password", "wanted", "role"),
    [
        ("sesame", "", Role.HOST),
        ("sesame", "host", Role.HOST),
        ("sesame", "admin", None),
        ("caraway", "", Role.ADMIN),
        ("caraway", "admin", Role.ADMIN),
        ("caraway", "host", Role.HOST),
        ("caraway", "king", Role.ADMIN),
    ],
)
async def test_a_login_gives_the_role_wanted_or_the_highest(
    store: Redis, password: str, wanted: str, role: Role | None
) -> None:
    login = await logins(store).login(password, wanted, previous="", origin=HALL)
    assert (login.role if login else None) is role


async def test_a_password_in_the_place_of_a_token_is_somebody_new_each_time(store: Redis) -> None:
    process = logins(store)
    first, second = [await process.person("sesame", origin=HALL) for _ in range(2)]
    assert first is not None
    assert second is not None
    assert first.role is second.role is Role.HOST
    assert first.subject != second.subject


async def test_without_a_store_the_process_counts_alone_and_still_lets_people_in() -> None:
    async with connect("redis://127.0.0.1:1") as away:
        process = logins(away)
        assert await process.login("sesame", "", previous="", origin=HALL)
        await guess(process, 3)
        with pytest.raises(TooManyFailures):
            await process.login("sesame", "", previous="", origin=HALL)
        assert await process.login("sesame", "", previous="", origin=ELSEWHERE)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (None, "unknown"),
        ("a unix socket", "unknown"),
    ],
)
def test_failures_are_counted_by_what_one_guesser_can_not_change_at_will(
    address: str | None, origin: str
) -> None:
    assert origin_of_address(address) == origin


async def test_a_key_is_good_for_as_long_as_the_setting_says(store_url: str, archive_url: str) -> None:
    async with running(settings(store_url, archive_url=archive_url, token_hours=1.5)) as client:
        answer = (await client.http.post("/login", json={"password": "host"})).json()
    claims = jwt.decode(answer["key"], options={"verify_signature": False})
    assert answer["expire_hours"] == 1.5
    assert claims["exp"] - claims["iat"] == 1.5 * 3600
