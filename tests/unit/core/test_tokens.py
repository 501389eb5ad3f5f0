"""Tokens for engines: what is let in, and all that is not."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from datetime import datetime, tzinfo

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448

from dolmetsch_core import tokens
from dolmetsch_core.tokens import CallerCheck, CallerRefused, ClocksDiffer, EngineKey, KeyInvalid, Scope

KEY = EngineKey.generate()
CHECK = CallerCheck(KEY.public_pem, "uid-1")


def claims(**changed: object) -> dict[str, object]:
    now = int(time.time())
    made: dict[str, object] = {"aud": "uid-1", "scope": "control", "iat": now, "nbf": now, "exp": now + 60}
    return {name: value for name, value in (made | changed).items() if value is not None}


def signed(**changed: object) -> str:
    return jwt.encode(claims(**changed), KEY.pem, algorithm="EdDSA")


def refusal(token: str, scope: Scope = Scope.CONTROL) -> str:
    with pytest.raises(CallerRefused) as refused:
        CHECK.require(f"Bearer {token}", scope)
    if token:
        assert token not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("scope", Scope)
def test_a_token_opens_its_engine_for_its_scope(scope: Scope) -> None:
    CHECK.require(f"Bearer {KEY.token('uid-1', scope)}", scope)
    (other,) = set(Scope) - {scope}
    assert "does not allow" in refusal(KEY.token("uid-1", other), scope)


def test_a_key_is_the_same_after_its_way_through_pem() -> None:
    CHECK.require(f"bearer {EngineKey.from_pem(KEY.pem).token('uid-1', Scope.AUDIO)}", Scope.AUDIO)


class Stopped(datetime):
    """A clock that stands, for whoever checks: what a token has left does not run out in a test."""

    moment = 1_800_000_000

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.fromtimestamp(cls.moment, tz)


@pytest.mark.parametrize("away", [-9, 9])
def test_clocks_may_differ_a_little(away: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jwt.api_jwt.datetime", Stopped)
    now = Stopped.moment + away
    CHECK.require(f"Bearer {signed(iat=now, nbf=now, exp=now + 1 if away < 0 else now + 60)}", Scope.CONTROL)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"exp": -20}, "expired"),
        ({"exp": None}, "or for none"),
        ({"nbf": 60}, "not valid yet"),
        ({"aud": "uid-2"}, "another engine"),
        ({"aud": ["uid-1", "uid-2"]}, "another engine"),
        ({"aud": None}, "or for none"),
        ({"scope": None}, "or for none"),
        ({"scope": ["control"]}, "does not allow"),
    ],
)
def test_what_a_token_must_say(changed: dict[str, object], why: str) -> None:
    """Times are from now on."""
    now = int(time.time())
    said = {name: now + value if isinstance(value, int) else value for name, value in changed.items()}
    assert why in refusal(signed(**said))


def test_another_key_is_refused() -> None:
    assert "another key" in refusal(EngineKey.generate().token("uid-1", Scope.CONTROL))


def _by_hand(alg: str, sign: Callable[[bytes], bytes]) -> str:
    parts = [json.dumps(each).encode() for each in ({"alg": alg, "typ": "JWT"}, claims())]
    body = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    return (body + b"." + base64.urlsafe_b64encode(sign(body)).rstrip(b"=")).decode()


def test_no_algorithm_but_eddsa_is_taken() -> None:
    """Neither none, nor the public key as an HMAC secret, nor another curve."""
    for alg in ("none", "None", "EdDSA"):
        refusal(_by_hand(alg, lambda _: b""))
    for alg in ("HS256", "EdDSA"):
        refusal(_by_hand(alg, lambda body: hmac.digest(KEY.public_pem.encode(), body, "sha256")))
    refusal(jwt.encode(claims(), ec.generate_private_key(ec.SECP256R1()), algorithm="ES256"))
    refusal(jwt.encode(claims(), ed448.Ed448PrivateKey.generate(), algorithm="EdDSA"))


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "ä.ö.ü", "." * 40, KEY.token("uid-1", Scope.CONTROL)[:-4]]
)
def test_garbage_is_refused(token: str) -> None:
    refusal(token)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic YTpi", KEY.token("uid-1", Scope.CONTROL)])
def test_a_header_without_a_token_is_refused(header: str | None) -> None:
    with pytest.raises(CallerRefused, match="no token"):
        CHECK.require(header, Scope.CONTROL)


def test_a_token_is_used_again_until_half_its_life_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    key = EngineKey.generate()
    monkeypatch.setattr(time, "time", lambda: now)
    first = key.token("uid-1", Scope.AUDIO)
    now += tokens.LIFE_S / 2 - 1
    assert key.token("uid-1", Scope.AUDIO) == first
    now += 2
    assert key.token("uid-1", Scope.AUDIO) != first
    now -= 3600  # a clock that was put right
    assert jwt_times(key.token("uid-1", Scope.AUDIO))["exp"] == int(now) + tokens.LIFE_S


def test_a_caller_signs_by_the_clock_of_an_engine_that_does_not_agree_with_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = EngineKey.from_pem(KEY.pem)
    key.token("uid-1", Scope.CONTROL)
    for jump in (3600, -86_400):
        monkeypatch.setattr(tokens, "_now", lambda jump=jump: time.time() + jump)
        with pytest.raises(ClocksDiffer) as refused:
            CHECK.require(f"Bearer {key.token('uid-1', Scope.CONTROL)}", Scope.CONTROL)
        key.hear_clock("uid-1", refused.value.now)
        for scope in Scope:
            CHECK.require(f"Bearer {key.token('uid-1', scope)}", scope)
    assert abs(jwt_times(key.token("uid-2", Scope.AUDIO))["exp"] - (time.time() - 86_400)) < 100, "its own"


def jwt_times(token: str) -> dict[str, float]:
    claims: dict[str, float] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_only_who_has_the_key_is_told_the_engines_time() -> None:
    with pytest.raises(CallerRefused) as refused:
        forged = jwt.encode(claims(exp=1), EngineKey.generate().pem, algorithm="EdDSA")
        CHECK.require(f"Bearer {forged}", Scope.CONTROL)
    assert not isinstance(refused.value, ClocksDiffer)


def test_tokens_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "TOKENS_KEPT", 3)
    key = EngineKey.generate()
    for number in range(10):
        key.token(f"uid-{number}", Scope.AUDIO)
        key.hear_clock(f"uid-{number}", time.time())
        key.token(f"uid-{number}", Scope.AUDIO)
    assert len(key._tokens) == len(key._ahead) == 3


def test_a_key_of_another_kind_names_the_remedy() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    pem = other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    for text in ("", "garbage", pem, KEY.public_pem):
        with pytest.raises(KeyInvalid, match="openssl genpkey -algorithm ed25519"):
            EngineKey.from_pem(text)
    for text in ("", "garbage", KEY.pem):
        with pytest.raises(KeyInvalid, match="-pubout"):
            CallerCheck(text, "uid-1")
