"""The passwords of the two roles, known by their argon2 hashes."""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Mapping

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from dolmetsch_api.auth.tokens import Role

log = logging.getLogger(__name__)
LENGTH = 1000
"""A longer text is no password, and not worth a hash."""
AT_ONCE = 2
"""Hashes under way: each takes 64 MiB, which a flood of guesses must not multiply."""
KNOWN = 16


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


class Passwords:
    """Tells the role that a password gives."""

    def __init__(self, settings: Mapping[Role, str], *, allow_plain: bool) -> None:
        """Take hashes, or plain passwords where that is allowed. Raises PasswordNotHashed."""
        self._hasher = PasswordHasher()
        self._hashes = {
            role: _hash_of(role, text, allow_plain=allow_plain) for role, text in settings.items() if text
        }
        # A right password comes with each reconnect of a client that keeps it in its cookie.
        self._known: dict[bytes, Role] = {}
        self._secret = secrets.token_bytes(32)

    async def role_of(self, password: str) -> Role | None:
        """Return the highest role that the password gives; every hash is compared, in constant time.

        The caller sees to it that no more than AT_ONCE are under way.
        """
        if not password or len(password) > LENGTH:
            return None
        mark = hmac.digest(self._secret, password.encode(errors="surrogatepass"), "sha256")
        if known := self._known.get(mark):
            return known
        role = await asyncio.to_thread(self._compare, password)
        if role and len(self._known) < KNOWN:
            self._known[mark] = role
        return role

    def _compare(self, password: str) -> Role | None:
        right = [role for role in (Role.ADMIN, Role.HOST) if self._matches(role, password)]
        return right[0] if right else None

    def _matches(self, role: Role, password: str) -> bool:
        if role not in self._hashes:
            return False
        try:
            return self._hasher.verify(self._hashes[role], password.encode(errors="surrogatepass"))
        except VerificationError:
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
