"""Cookies as clients in use write them, of sockets and of requests."""

from http.cookies import CookieError, SimpleCookie
from urllib.parse import unquote

from starlette.requests import HTTPConnection


def cookies_of(connection: HTTPConnection) -> dict[str, str]:
    """Return the cookies with names and values percent-decoded.

    Of two by one name, such as another client's, browsers send the page's own first: its path is longer.
    """
    found: dict[str, str] = {}
    for pair in connection.headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        found.setdefault(unquote(name), unquote(_unquoted(value)))
    return found


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        jar = SimpleCookie(f"x={value}")
    except CookieError:
        return value
    return jar["x"].value if "x" in jar else value
