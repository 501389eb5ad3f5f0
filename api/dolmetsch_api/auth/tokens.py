"""Login tokens: signed, expiring, read by any api process; a subject stays the same across logins."""

import secrets
import time
from dataclasses import dataclass
from enum import StrEnum

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
            claims = jwt.decode(
                token, self._key, algorithms=[ALGORITHM], options={"require": ["exp", "sub", "role"]}
            )
            return Person(claims["sub"], Role(claims["role"]))
        except (jwt.InvalidTokenError, ValueError):
            return None

    def subject(self, token: str) -> str:
        """Return the subject of a token that this key signed, expired or not; '' of any other text."""
        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM], options={"verify_exp": False})
        except (jwt.InvalidTokenError, ValueError):
            return ""
        return str(claims.get("sub", ""))


def is_token(credential: str) -> bool:
    """Whether a text has the form of a token, so that it is no guess at a password."""
    return credential.count(".") == 2 and credential.startswith("eyJ")
