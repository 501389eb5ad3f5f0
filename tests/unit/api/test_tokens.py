"""Login tokens: who gets which role, what is refused, and a subject that outlives its tokens."""

import time

import jwt
import pytest
from pydantic import SecretStr

from dolmetsch_api.settings import ApiSettings
from dolmetsch_api.tokens import ALGORITHM, Logins, Role

KEY = "k" * 32


def logins(key: str = KEY, hours: float = 24.0, host: str = "sesame", admin: str = "caraway") -> Logins:
    return Logins(
        ApiSettings(
            host_password=SecretStr(host),
            admin_password=SecretStr(admin),
            signing_key=SecretStr(key),
            token_hours=hours,
        )
    )


def token(key: str = KEY, algorithm: str = ALGORITHM, **claims: object) -> str:
    """A token with these claims, None leaving one out."""
    now = int(time.time())
    said = {"sub": "me", "role": "host", "iat": now, "exp": now + 60} | claims
    return jwt.encode(
        {name: value for name, value in said.items() if value is not None}, key, algorithm=algorithm
    )


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
    ],
)
def test_a_password_gives_its_role(password: str, role: Role | None) -> None:
    assert logins().role_of(password) is role


def test_no_password_set_lets_nobody_in() -> None:
    assert logins(host="", admin="").role_of("") is None


def test_one_password_for_both_gives_the_higher_role() -> None:
    assert logins(host="same", admin="same").role_of("same") is Role.ADMIN


@pytest.mark.parametrize("role", list(Role))
def test_a_token_tells_who_holds_it(role: Role) -> None:
    ours = logins()
    person = ours.person(ours.mint(role))
    assert person is not None
    assert person.role is role
    assert person.subject


def test_every_login_without_a_token_is_somebody_else() -> None:
    ours = logins()
    subjects = {person.subject for _ in range(20) if (person := ours.person(ours.mint(Role.HOST)))}
    assert len(subjects) == 20


def test_a_password_as_credential_is_somebody_new_each_time() -> None:
    first, second = logins().person("sesame"), logins().person("sesame")
    assert first is not None
    assert second is not None
    assert first.role is second.role is Role.HOST
    assert first.subject != second.subject


@pytest.mark.parametrize("expires", [60, -60, -10_000_000])
def test_the_token_before_carries_its_subject_on_even_expired(expires: int) -> None:
    ours = logins()
    before = token(sub="me", exp=int(time.time()) + expires)
    assert ours.read(ours.mint(Role.HOST, previous=before)) == ours.read(token(sub="me"))


@pytest.mark.parametrize("before", ["", "nonsense", token("x" * 32, sub="you"), "a.b.c", "sesame"])
def test_a_token_before_that_is_not_ours_carries_nothing_on(before: str) -> None:
    ours = logins()
    person = ours.read(ours.mint(Role.HOST, previous=before))
    assert person is not None
    assert person.subject not in ("you", "", "sesame")


def test_a_host_does_not_become_admin_by_an_admins_old_token() -> None:
    ours = logins()
    person = ours.read(ours.mint(Role.HOST, previous=ours.mint(Role.ADMIN)))
    assert person is not None
    assert person.role is Role.HOST


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "nonsense",
        "a.b.c",
        "ä.ö.ü",
        token("x" * 32),
        token(exp=int(time.time()) - 1),
        token(exp=None),
        token(sub=None),
        token(role=None),
        token(role="king"),
        token("", "none"),
        token("k" * 64, "HS512"),
    ],
    ids=["empty", "text", "three parts", "no ascii", "forged", "expired", "endless", "nobody's",
         "no role", "unknown role", "unsigned", "other algorithm"],
)  # fmt: skip
def test_what_is_no_valid_token_is_nobody(credential: str) -> None:
    assert logins().read(credential) is None
    assert logins().person(credential) is None


def test_a_new_key_revokes_all_tokens() -> None:
    assert logins("n" * 32).read(logins().mint(Role.ADMIN)) is None


def test_a_token_lasts_as_long_as_the_setting_says() -> None:
    claims = jwt.decode(logins(hours=1.5).mint(Role.HOST), KEY, algorithms=[ALGORITHM])
    assert claims["exp"] - claims["iat"] == 5400
