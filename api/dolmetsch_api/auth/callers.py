"""Who calls a route: a key in the body (clients in use), or `Authorization: Bearer` (ours)."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from dolmetsch_api.auth.attempts import WINDOW_S, origin_of
from dolmetsch_api.auth.logins import Logins, TooManyFailures
from dolmetsch_api.auth.tokens import Person, Role
from dolmetsch_core.archive.reading import Viewer

_SCHEME = HTTPBearer(auto_error=False, description="A key from `POST /login`")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_SCHEME)]


def viewer_of(person: Person | None) -> Viewer:
    """Return whose transcripts somebody may see."""
    return Viewer(person.subject, admin=person.role is Role.ADMIN) if person else Viewer()


class Callers:
    """Reads the credentials of our own routes, and refuses with proper codes."""

    def __init__(self, logins: Logins) -> None:
        self._logins = logins

    async def maybe(self, request: Request, credentials: Credentials) -> Person | None:
        """Return who calls, None without credentials. Raises 401 for bad ones, 429."""
        if credentials is None:
            return None
        try:
            person = await self._logins.person(credentials.credentials, origin=origin_of(request))
        except TooManyFailures:
            raise HTTPException(
                429, "Too many failed logins: wait a minute", {"Retry-After": str(WINDOW_S)}
            ) from None
        if person is None:
            raise HTTPException(401, "The key is not valid (any more): log in again", _CHALLENGE)
        return person

    async def somebody(self, request: Request, credentials: Credentials) -> Person:
        """Return who calls. Raises 401, 429."""
        person = await self.maybe(request, credentials)
        if person is None:
            raise HTTPException(401, "Log in first, and send the key as `Authorization: Bearer`", _CHALLENGE)
        return person

    async def admin(self, request: Request, credentials: Credentials) -> Person:
        """Return the admin who calls. Raises 401, 403, 429."""
        person = await self.somebody(request, credentials)
        if person.role is not Role.ADMIN:
            raise HTTPException(403, "Only an admin may do this: log in with the admin password")
        return person


_CHALLENGE = {"WWW-Authenticate": "Bearer"}
