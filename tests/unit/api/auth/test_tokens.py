"""Login tokens: who gets which role, what is refused, and a subject that outlives its tokens."""

import time
from collections.abc import Callable

import jwt
import pytest

from dolmetsch_api.auth.tokens import ALGORITHM, Role, Tokens, is_token

KEY = "k" * 32


def tokens(key: str = KEY, hours: float = 24.0) -> Tokens:
    return Tokens(key, hours)


def token(key: str = KEY, algorithm: str = ALGORITHM, **claims: object) -> str:
    """A token with these claims, None leaving one out."""
    now = int(time.time())
    said = {"sub": "me", "role": "host", "iat": now, "exp": now + 60} | claims
    return jwt.encode(
        {name: value for name, value in said.items() if value is not None}, key, algorithm=algorithm
    )


@pytest.mark.parametrize("role", list(Role))
def test_a_token_tells_who_holds_it(role: Role) -> None:
    ours = tokens()
    person = ours.read(ours.mint(role))
    assert person is not None
    assert person.role is role
    assert person.subject


def test_a_token_of_a_process_whose_clock_is_ahead_is_good() -> None:
    ours, theirs = tokens(), token(sub="me", iat=int(time.time()) + 50)
    assert ours.read(theirs) == ours.read(token(sub="me"))
    assert ours.subject(theirs) == "me"


def test_every_login_without_a_token_is_somebody_else() -> None:
    ours = tokens()
    subjects = {person.subject for _ in range(20) if (person := ours.read(ours.mint(Role.HOST)))}
    assert len(subjects) == 20


@pytest.mark.parametrize("expires", [60, -60, -10_000_000])
def test_the_token_before_carries_its_subject_on_even_expired(expires: int) -> None:
    ours = tokens()
    before = token(sub="me", exp=int(time.time()) + expires)
    assert ours.read(ours.mint(Role.HOST, subject=ours.subject(before))) == ours.read(token(sub="me"))


@pytest.mark.parametrize("before", ["", "nonsense", token("x" * 32, sub="you"), "a.b.c", "sesame"])
def test_a_token_before_that_is_not_ours_carries_nothing_on(before: str) -> None:
    ours = tokens()
    person = ours.read(ours.mint(Role.HOST, subject=ours.subject(before)))
    assert person is not None
    assert person.subject not in ("you", "", "sesame")


def test_a_host_does_not_become_admin_by_an_admins_old_token() -> None:
    ours = tokens()
    person = ours.read(ours.mint(Role.HOST, subject=ours.subject(ours.mint(Role.ADMIN))))
    assert person is not None
    assert person.role is Role.HOST


# Tokens are made by the test that shows them: all of those made beforehand would have expired meanwhile.
@pytest.mark.parametrize(
    "credential",
    [
        str,
        lambda: "nonsense",
        lambda: "a.b.c",
        lambda: "ä.ö.ü",
        lambda: token("x" * 32),
        lambda: token(exp=int(time.time()) - 1),
        lambda: token(exp=None),
        lambda: token(sub=None),
        lambda: token(role=None),
        lambda: token(role="king"),
        lambda: token("", "none"),
        lambda: token("k" * 64, "HS512"),
    ],
    ids=["empty", "text", "three parts", "no ascii", "forged", "expired", "endless", "nobody's",
         "no role", "unknown role", "unsigned", "other algorithm"],
)  # fmt: skip
def test_what_is_no_valid_token_is_nobody(credential: Callable[[], str]) -> None:
    assert tokens().read(credential()) is None


def test_a_new_key_revokes_all_tokens() -> None:
    assert tokens("n" * 32).read(tokens().mint(Role.ADMIN)) is None


def test_a_token_lasts_as_long_as_the_setting_says() -> None:
    claims = jwt.decode(tokens(hours=1.5).mint(Role.HOST), KEY, algorithms=[ALGORITHM])
    assert claims["exp"] - claims["iat"] == 5400


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (token(), True),
        (token("x" * 32), True),
        ("sesame", False),
        ("a.b.c", False),
        ("eyJ", False),
        ("", False),
    ],
)
def test_the_form_of_a_token_is_told_from_a_password(text: str, is_one: bool) -> None:
    assert is_token(text) is is_one
