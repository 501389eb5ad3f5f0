"""A socket's address and cookies, as browsers send them."""

import pytest
from fastapi import WebSocket
from starlette.types import Message

from dolmetsch_api.auth.cookies import cookies_of
from dolmetsch_api.sockets.room_socket import parse_path


async def nothing() -> Message:
    raise AssertionError("nobody reads")


async def nowhere(_: Message) -> None:
    raise AssertionError("nobody writes")


def socket(*cookies: str) -> WebSocket:
    """A socket with these cookie headers."""
    headers = [(b"cookie", each.encode("latin-1")) for each in cookies]
    return WebSocket({"type": "websocket", "headers": headers}, nothing, nowhere)


@pytest.mark.parametrize(
    ("base", "path", "parts"),
    [
        ("", b"/room/DEMO1/host/en/de", ["DEMO1", "host", "en", "de"]),
        ("/backend", b"/backend/room/DEMO1/client/undefined/de", ["DEMO1", "client", "undefined", "de"]),
        ("/a/room", b"/a/room/room/DEMO1/client/undefined/de", ["DEMO1", "client", "undefined", "de"]),
        ("", b"/room/a%2Fb/client/en/de", ["a/b", "client", "en", "de"]),
        ("", b"/room/Gro%C3%9Fer%20Saal/host/de/en", ["Großer Saal", "host", "de", "en"]),
        ("", b"/room/100%25/host/de/en", ["100%", "host", "de", "en"]),
        ("", b"/room/%7Bx%7D:1/host/de/en", ["{x}:1", "host", "de", "en"]),
        ("", b"/room/DEMO1", ["DEMO1"]),
        ("", b"/room/", [""]),
        ("", b"/room//host//", ["", "host", "", ""]),
        ("", b"/room/room/host/en/de", ["room", "host", "en", "de"]),
        ("", b"/room/%FF/host/en/de", ["\N{REPLACEMENT CHARACTER}", "host", "en", "de"]),
        ("", b"/%72oom/DEMO1/host/en/de", ["DEMO1", "host", "en", "de"]),
        ("/backend", b"/b%61ckend/%72oom/DEMO1/host/en/de", ["DEMO1", "host", "en", "de"]),
        ("/backend", b"/backend%2Froom/DEMO1", []),
    ],
)
def test_the_path_is_cut_before_it_is_decoded(base: str, path: bytes, parts: list[str]) -> None:
    assert parse_path(path, base) == parts


@pytest.mark.parametrize(
    ("cookie", "found"),
    [
        ("authenticated=abc.def.ghi", {"authenticated": "abc.def.ghi"}),
        ("a=1; b=2;c=3", {"a": "1", "b": "2", "c": "3"}),
        ("a%2Fb-allow_store=true", {"a/b-allow_store": "true"}),
        ("Gro%C3%9Fer%20Saal-allow_store=false", {"Großer Saal-allow_store": "false"}),
        ("authenticated=s%C3%A9same%3B", {"authenticated": "sésame;"}),
        ('authenticated="open sesame"', {"authenticated": "open sesame"}),
        (r'authenticated="semi\073colon"', {"authenticated": "semi;colon"}),
        ('authenticated="', {"authenticated": '"'}),
        ("token=a=b=c", {"token": "a=b=c"}),
        ("x%3Dy=1", {"x=y": "1"}),
        ("empty=", {"empty": ""}),
    ],
)
def test_cookies_are_decoded_by_name_and_value(cookie: str, found: dict[str, str]) -> None:
    assert cookies_of(socket(cookie)) == found


def test_of_two_cookies_by_one_name_the_page_s_own_counts() -> None:
    """Browsers send the one of the longer path first."""
    both = cookies_of(
        socket("a-allow_store=false; authenticated=mine; a-allow_store=true; authenticated=other")
    )
    assert both == {"a-allow_store": "false", "authenticated": "mine"}


@pytest.mark.parametrize("cookies", [(), ("",), (";;",), ("nonsense",), ("=",), ("%FF=%FF",)])
def test_garbage_instead_of_cookies_is_no_credential(cookies: tuple[str, ...]) -> None:
    assert cookies_of(socket(*cookies)).get("authenticated", "") == ""
