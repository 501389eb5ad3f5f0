"""Logging in, and telling who shows a credential."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from dolmetsch_api.auth.attempts import Attempts
from dolmetsch_api.auth.passwords import AT_ONCE, Passwords, may_be_password
from dolmetsch_api.auth.tokens import Person, Role, Tokens, is_token, new_subject

WAITING = 200
"""Attempts that wait for their turn: a hall of speakers, a few seconds long. More are a flood."""


class TooManyFailures(Exception):
    """Too many wrong passwords came from there in the last minute, or too many wait. Remedy: wait."""


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
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    @property
    def hours(self) -> float:
        """How long a login lasts."""
        return self._tokens.hours

    async def login(self, password: str, wanted: str, *, previous: str, origin: str) -> Login | None:
        """Log in, with the `wanted` role if one is named; None: the password does not give it.

        A previous key of ours, even expired, carries its subject on. Raises TooManyFailures.
        """
        subject = self._tokens.subject(previous)
        role = await self.role_of(password, origin=origin, subject=subject)
        if role is None or (wanted == Role.ADMIN and role is not Role.ADMIN):
            return None
        role = Role.HOST if wanted == Role.HOST else role
        return Login(self._tokens.mint(role, subject=subject), role)

    async def role_of(
        self, password: str, *, origin: str, subject: str = "", as_key: bool = False
    ) -> Role | None:
        """Return the highest role that a password gives.

        `subject`: of who was let in before; `as_key`: it was shown in the place of a key.
        Raises TooManyFailures.
        """
        if not may_be_password(password):
            return None
        async with self._turn():
            # Counted only now: a right password that waits is no failure. Also one that is known by heart:
            # whoever guesses too often is not to learn which of a thousand at once it was.
            if not await self._attempts.begin(origin, subject, as_key=as_key):
                raise TooManyFailures
            role = await self._passwords.role_of(password)
            if role is not None:
                await self._attempts.succeeded(origin, subject, as_key=as_key)
        return role

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """One of the few attempts under way. Raises TooManyFailures when too many wait already."""
        if self._waiting >= WAITING:
            raise TooManyFailures
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()

    def read(self, key: str) -> Person | None:
        """Return whose token it is; None if it is none, or void."""
        return self._tokens.read(key)

    async def person(self, credential: str, *, origin: str) -> Person | None:
        """Return who shows this credential: a token, or a password (then with a fresh subject).

        A token is never refused for the failures of others; what is shown again and again, such as another
        server's key, is one guess. Raises TooManyFailures.
        """
        known = self._tokens.read(credential)
        if known is not None or is_token(credential) or self._passwords.was_wrong(credential):
            return known
        role = await self.role_of(credential, origin=origin, as_key=True)
        return Person(new_subject(), role) if role else None
