"""Login tokens: signed, expiring, read by any api process; a subject stays the same across logins."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import jwt

ALGORITHM = "HS256"


class Role(StrEnum):
    """What a login may do: an admin may do all that a host may."""

    HOST = "host"
    ADMIN = "admin"


@dataclass(frozen=True)
class Person:
    """Who holds a credential."""

    subject: str
    role: Role


def new_subject() -> str:
    """Return a subject that nobody had before."""
    return secrets.token_urlsafe(12)


class Tokens:
    """Mints and reads tokens, signed with one key; another key makes all of them void."""

    def __init__(self, key: str, hours: float) -> None:
        self._key = key
        self.hours = hours
        """How long a token lasts."""

    def mint(self, role: Role, *, subject: str = "") -> str:
        """Return a token for a subject, or for a new one."""
        now = int(time.time())
        claims = {
            "sub": subject or new_subject(),
            "role": role.value,
            "iat": now,
            "exp": now + int(self.hours * 3600),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def read(self, token: str) -> Person | None:
        """Return whose token it is; None if it is forged, broken or expired."""
        try:
            claims = self._claims(token, {"require": ["exp", "sub", "role"]})
            return Person(claims["sub"], Role(claims["role"]))
        except (jwt.InvalidTokenError, ValueError):
            return None

    def subject(self, token: str) -> str:
        """Return the subject of a token that this key signed, expired or not; '' of any other text."""
        try:
            claims = self._claims(token, {"verify_exp": False})
        except (jwt.InvalidTokenError, ValueError):
            return ""
        return str(claims.get("sub", ""))

    def _claims(self, token: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Raises jwt.InvalidTokenError, ValueError."""
        # When it was made proves nothing: the clock of the process that made it may be a little ahead.
        checked: Any = {**options, "verify_iat": False}
        return jwt.decode(token, self._key, algorithms=[ALGORITHM], options=checked)


def is_token(credential: str) -> bool:
    """Whether a text has the form of a token, so that it is no guess at a password."""
    return credential.count(".") == 2 and credential.startswith("eyJ")
