"""Logging in, and telling who shows a credential."""

from dataclasses import dataclass

from dolmetsch_api.auth.attempts import KNOWN, Attempts
from dolmetsch_api.auth.passwords import Passwords
from dolmetsch_api.auth.tokens import Person, Role, Tokens, is_token, new_subject


class TooManyFailures(Exception):
    """Too many wrong passwords came from there in the last minute. Remedy: wait a minute."""


@dataclass(frozen=True)
class Login:
    """A new token and what it may do."""

    key: str
    role: Role


class Logins:
    """Passwords become tokens; tokens, and passwords in the place of one, become persons."""

    def __init__(self, passwords: Passwords, tokens: Tokens, attempts: Attempts) -> None:
        self._passwords = passwords
        self._tokens = tokens
        self._attempts = attempts

    @property
    def hours(self) -> float:
        """How long a login lasts."""
        return self._tokens.hours

    async def login(self, password: str, wanted: str, *, previous: str, origin: str) -> Login | None:
        """Log in, with the `wanted` role if one is named; None: the password does not give it.

        A previous key of ours, even expired, carries its subject on. Raises TooManyFailures.
        """
        subject = self._tokens.subject(previous)
        # Who was let in before is no stranger: the guesses of others don't lock it out.
        role = await self.role_of(password, origin=f"{KNOWN}{subject}" if subject else origin)
        if role is None or (wanted == Role.ADMIN and role is not Role.ADMIN):
            return None
        role = Role.HOST if wanted == Role.HOST else role
        return Login(self._tokens.mint(role, subject=subject), role)

    async def role_of(self, password: str, *, origin: str) -> Role | None:
        """Return the highest role that a password gives. Raises TooManyFailures."""
        if not password:
            return None
        if not await self._attempts.begin(origin):
            raise TooManyFailures
        role = await self._passwords.role_of(password)
        if role is not None:
            await self._attempts.succeeded(origin)
        return role

    def read(self, key: str) -> Person | None:
        """Return whose token it is; None if it is none, or void."""
        return self._tokens.read(key)

    async def person(self, credential: str, *, origin: str) -> Person | None:
        """Return who shows this credential: a token, or a password (then with a fresh subject).

        A token is never refused for the failures of others. Raises TooManyFailures.
        """
        known = self._tokens.read(credential)
        if known is not None or is_token(credential):
            return known
        role = await self.role_of(credential, origin=origin)
        return Person(new_subject(), role) if role else None
