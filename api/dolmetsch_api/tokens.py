"""Login tokens: signed, expiring, with a subject that stays the same across logins."""

import hmac
import secrets
import time
from dataclasses import dataclass
from enum import StrEnum

import jwt

from dolmetsch_api.settings import ApiSettings

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


class Logins:
    """Mints and reads tokens; holds the two passwords."""

    def __init__(self, settings: ApiSettings) -> None:
        self._key = settings.signing_key.get_secret_value()
        self._hours = settings.token_hours
        self._passwords = {
            Role.ADMIN: settings.admin_password.get_secret_value(),
            Role.HOST: settings.host_password.get_secret_value(),
        }

    @property
    def hours(self) -> float:
        """How long a token lasts."""
        return self._hours

    def role_of(self, password: str) -> Role | None:
        """Return the highest role that the password gives, comparing all of them in constant time."""
        given = password.encode()
        right = {
            role: hmac.compare_digest(given, known.encode())
            for role, known in self._passwords.items()
            if known
        }
        return next((role for role, matches in right.items() if matches), None)

    def mint(self, role: Role, *, previous: str = "") -> str:
        """Return a token; a previous one, even expired, carries its subject on."""
        subject = self._subject(previous) or secrets.token_urlsafe(12)
        now = int(time.time())
        claims = {"sub": subject, "role": role.value, "iat": now, "exp": now + int(self._hours * 3600)}
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

    def person(self, credential: str) -> Person | None:
        """Return who shows this credential: a token, or a password (then with a fresh subject)."""
        known = self.read(credential)
        if known is not None:
            return known
        role = self.role_of(credential)
        return Person(secrets.token_urlsafe(12), role) if role else None

    def _subject(self, token: str) -> str:
        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM], options={"verify_exp": False})
        except jwt.InvalidTokenError:
            return ""
        return str(claims.get("sub", ""))
