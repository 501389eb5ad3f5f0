"""The passwords of the two roles, known by their argon2 hashes."""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Mapping

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from dolmetsch_api.auth.tokens import Role

log = logging.getLogger(__name__)
LENGTH = 1000
"""A longer text is no password, and not worth a hash."""
AT_ONCE = 2
"""Hashes under way: each takes 64 MiB, which a flood of guesses must not multiply."""
KNOWN = 16
WRONG = 10_000


class PasswordNotHashed(ValueError):
    """A password is set in plain text where that is not allowed. Remedy: see the message."""


def hashed(password: str) -> str:
    """Return the argon2id hash of a password, as settings take it."""
    return PasswordHasher().hash(password)


def is_hash(text: str) -> bool:
    """Whether a setting holds an argon2 hash."""
    try:
        extract_parameters(text)
    except InvalidHashError:
        return False
    return True


def may_be_password(text: str) -> bool:
    """Whether it is worth a look, and a count."""
    return 0 < len(text) <= LENGTH


class Passwords:
    """Tells the role that a password gives."""

    def __init__(self, settings: Mapping[Role, str], *, allow_plain: bool) -> None:
        """Take hashes, or plain passwords where that is allowed. Raises PasswordNotHashed."""
        self._hasher = PasswordHasher()
        self._hashes = {
            role: _hash_of(role, text, allow_plain=allow_plain) for role, text in settings.items() if text
        }
        # A right password comes with each reconnect of a client that keeps it in its cookie, a wrong one with
        # each poll of a client that holds another server's key.
        self._known: dict[bytes, Role] = {}
        self._wrong: dict[bytes, None] = {}
        self._secret = secrets.token_bytes(32)

    async def role_of(self, password: str) -> Role | None:
        """Return the highest role that the password gives; every hash is compared, in constant time.

        The caller sees to it that no more than AT_ONCE are under way.
        """
        if not may_be_password(password):
            return None
        mark = self._mark(password)
        if known := self._known.get(mark):
            return known
        try:
            role = await asyncio.to_thread(self._compare, password)
        except VerificationError as error:
            # Such as for want of memory: nothing was proved against it.
            log.error("a password could not be compared: %s", error)
            return None
        if role is None:
            self._remember_wrong(mark)
        elif len(self._known) < KNOWN:
            self._known[mark] = role
        return role

    def was_wrong(self, password: str) -> bool:
        """Whether it was compared not long ago, and gave nothing: to show it again is no new guess."""
        return self._mark(password) in self._wrong

    def _remember_wrong(self, mark: bytes) -> None:
        self._wrong[mark] = None
        if len(self._wrong) > WRONG:
            del self._wrong[next(iter(self._wrong))]

    def _mark(self, password: str) -> bytes:
        """What a password is remembered by: of no use to whoever reads the memory of another process."""
        return hmac.digest(self._secret, password.encode(errors="surrogatepass"), "sha256")

    def _compare(self, password: str) -> Role | None:
        right = [role for role in (Role.ADMIN, Role.HOST) if self._matches(role, password)]
        return right[0] if right else None

    def _matches(self, role: Role, password: str) -> bool:
        if role not in self._hashes:
            return False
        try:
            return self._hasher.verify(self._hashes[role], password.encode(errors="surrogatepass"))
        except VerifyMismatchError:
            return False


def _hash_of(role: Role, text: str, *, allow_plain: bool) -> str:
    if is_hash(text):
        return text
    name = f"DOLMETSCH_{role.value.upper()}_PASSWORD"
    if not allow_plain:
        raise PasswordNotHashed(
            f"{name} is not an argon2 hash: make one with `dolmetsch hash-password`, "
            "or set DOLMETSCH_ALLOW_PLAIN_PASSWORDS=true to try things out"
        )
    log.warning("%s is set in plain text: good for trying out, not for a conference", name)
    return hashed(text)
