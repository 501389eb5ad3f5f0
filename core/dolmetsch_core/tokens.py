"""Who may call an engine: short-lived Ed25519 tokens, made by operator and api, checked by engines.

A token is good for one engine (the audience, its pod's uid) and one scope. Engines hold the public key only.
"""

import time
from enum import StrEnum
from typing import Final, Self

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

ALGORITHM: Final = "EdDSA"
LIFE_S: Final = 60
SKEW_S: Final = 10
"""How far the clocks of two machines may differ: tokens begin this much earlier, checks are this lenient."""
TOKENS_KEPT: Final = 1024


class KeyInvalid(ValueError):
    """A key can't be used. Remedy: in the message."""


class CallerRefused(Exception):
    """A caller may not do this; `str()` says why, and never quotes the token."""


class ClocksDiffer(CallerRefused):
    """A rightly signed token is of another time than `now`, the checker's own (Unix seconds).

    Remedy: the caller signs by this time (`EngineKey.hear_clock`): a clock that jumps must not end talks.
    """

    def __init__(self, why: str, now: float) -> None:
        super().__init__(f"{why}: the clocks differ")
        self.now = now


class Scope(StrEnum):
    """What a token allows: an engine's session and status (operator), or sending it audio (api)."""

    CONTROL = "control"
    AUDIO = "audio"


class EngineKey:
    """The private key of operator and api."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._tokens: dict[tuple[str, Scope], tuple[float, str]] = {}
        self._ahead: dict[str, float] = {}
        """By audience: its clock minus this one, where they were found to differ."""

    @classmethod
    def generate(cls) -> Self:
        """Return a new key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, text: str) -> Self:
        """Read a key in PEM (PKCS8, without a password). Raises KeyInvalid."""
        try:
            key = load_pem_private_key(text.encode(), password=None)
        except (ValueError, TypeError) as error:
            raise _not_private() from error
        if not isinstance(key, Ed25519PrivateKey):
            raise _not_private()
        return cls(key)

    @property
    def pem(self) -> str:
        """The private key in PEM."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def public_pem(self) -> str:
        """What engines are given."""
        public = self._key.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def token(self, audience: str, scope: Scope) -> str:
        """Return a token with at least half its life before it."""
        now = _now() + self._ahead.get(audience, 0.0)
        good_until, token = self._tokens.pop((audience, scope), (0.0, ""))
        if not now < good_until <= now + LIFE_S / 2:
            good_until, token = now + LIFE_S / 2, self._sign(audience, scope, int(now))
        if len(self._tokens) >= TOKENS_KEPT:
            # The one that was asked for longest ago.
            del self._tokens[next(iter(self._tokens))]
        self._tokens[audience, scope] = (good_until, token)
        return token

    def hear_clock(self, audience: str, theirs: float) -> None:
        """Sign for this engine by its own clock from now on, since it does not agree with ours."""
        self._ahead.pop(audience, None)
        if len(self._ahead) >= TOKENS_KEPT:
            del self._ahead[next(iter(self._ahead))]
        self._ahead[audience] = theirs - _now()
        for scope in Scope:
            self._tokens.pop((audience, scope), None)

    def _sign(self, audience: str, scope: Scope, now: int) -> str:
        begin = now - SKEW_S
        claims = {"aud": audience, "scope": scope.value, "iat": begin, "nbf": begin, "exp": now + LIFE_S}
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)


class CallerCheck:
    """An engine's check of its callers."""

    def __init__(self, public_pem: str, audience: str) -> None:
        """Raises KeyInvalid."""
        self._key = _public(public_pem)
        self._audience = audience

    def require(self, authorization: str | None, scope: Scope) -> None:
        """Check the header `Authorization`. Raises CallerRefused."""
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise CallerRefused("no token: send Authorization: Bearer")
        try:
            claims = jwt.decode(
                token.strip(),
                self._key,
                algorithms=[ALGORITHM],
                audience=self._audience,
                leeway=SKEW_S,
                options={"require": ["exp", "aud", "scope"], "strict_aud": True},
            )
        except jwt.ExpiredSignatureError:
            raise ClocksDiffer("the token has expired", time.time()) from None
        except jwt.ImmatureSignatureError:
            raise ClocksDiffer("the token is not valid yet", time.time()) from None
        except (jwt.InvalidAudienceError, jwt.MissingRequiredClaimError):
            raise CallerRefused("the token is for another engine, or for none") from None
        except jwt.InvalidSignatureError:
            raise CallerRefused("the token is signed with another key") from None
        except (jwt.InvalidTokenError, ValueError):
            raise CallerRefused("the token can't be read") from None
        if claims["scope"] != scope.value:
            raise CallerRefused(f"the token does not allow {scope.value}")


def _now() -> float:
    """The caller's clock."""
    return time.time()


def _not_private() -> KeyInvalid:
    return KeyInvalid(
        "not an Ed25519 private key in PEM without a password: make one with"
        " `openssl genpkey -algorithm ed25519`"
    )


def _public(pem: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyInvalid(
            "not an Ed25519 public key in PEM: take the private key's with `openssl pkey -in KEY -pubout`"
        )
    return key
