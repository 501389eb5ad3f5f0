"""Passwords by their hashes: who gets which role, and what settings may hold."""

import logging

import pytest
from argon2 import PasswordHasher

from dolmetsch_api.auth.passwords import LENGTH, PasswordNotHashed, Passwords, hashed, is_hash
from dolmetsch_api.auth.tokens import Role

# Hashes that take no time: what they cost a guesser is no matter here.
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HOST, ADMIN = HASHER.hash("sesame"), HASHER.hash("caraway")


def passwords(host: str = HOST, admin: str = ADMIN, *, allow_plain: bool = False) -> Passwords:
    return Passwords({Role.HOST: host, Role.ADMIN: admin}, allow_plain=allow_plain)


@pytest.mark.parametrize(
    ("password", "role"),
    [
        ("sesame", Role.HOST),
        ("caraway", Role.ADMIN),
        ("", None),
        ("Sesame", None),
        ("sesame ", None),
        ("sésame", None),
        ("\0", None),
        ("\ud800", None),
        (HOST, None),
        ("s" * (LENGTH + 1), None),
    ],
    ids=["host", "admin", "empty", "capital", "space", "accent", "nul", "surrogate", "the hash", "long"],
)
async def test_a_password_gives_its_role(password: str, role: Role | None) -> None:
    known = passwords()
    assert await known.role_of(password) is role
    assert await known.role_of(password) is role, "asked again, the answer is the same"


async def test_no_password_set_lets_nobody_in() -> None:
    assert await passwords("", "").role_of("") is None
    assert await passwords("", "").role_of("sesame") is None


async def test_one_password_for_both_gives_the_higher_role() -> None:
    assert await passwords(hashed("same"), hashed("same")).role_of("same") is Role.ADMIN


async def test_plain_text_works_only_where_it_is_allowed_and_warns(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(PasswordNotHashed, match=r"DOLMETSCH_HOST_PASSWORD .* hash-password"):
        passwords("sesame")
    with caplog.at_level(logging.WARNING):
        assert await passwords("sesame", allow_plain=True).role_of("sesame") is Role.HOST
    assert "DOLMETSCH_HOST_PASSWORD is set in plain text" in caplog.text
    assert "sesame" not in caplog.text


@pytest.mark.parametrize(
    ("text", "is_one"),
    [(HOST, True), ("$argon2id$", False), ("sesame", False), ("", False)],
    ids=["hash", "beginning of one", "password", "nothing"],
)
def test_a_hash_is_told_from_a_password(text: str, is_one: bool) -> None:
    assert is_hash(text) is is_one
