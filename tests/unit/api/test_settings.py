"""Settings of the api that are more than a text."""

from typing import Any

import pytest
from pydantic import ValidationError

from dolmetsch_api.settings import ApiSettings

NEEDED = {
    "host_password": "host",
    "admin_password": "admin",
    "signing_key": "k" * 32,
    "archive_url": "sqlite:///archive.db",
}


def settings(**more: Any) -> ApiSettings:
    return ApiSettings(**NEEDED | more)


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("", ""),
        (" , ", ""),
        ("127.0.0.1", "127.0.0.1"),
        ("10.0.0.0/8, 2001:DB8::/32 ,::1", "10.0.0.0/8,2001:db8::/32,::1"),
    ],
)
def test_proxies_are_addresses_and_networks(said: str, taken: str) -> None:
    assert settings(trusted_proxies=said).trusted_proxies == taken


@pytest.mark.parametrize(
    "said",
    ["*", "proxy.example.org", "10.0.0.5/8", "10.0.0", "127.0.0.1 ::1", "127.0.0.1,*", "0.0.0.0/0", "::/0"],
)
def test_proxies_that_are_anything_else_are_refused_with_what_to_say(said: str) -> None:
    with pytest.raises(ValidationError, match=r"by the IP address that it connects from, or by its network"):
        settings(trusted_proxies=said)


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("", ""),
        ("/", ""),
        ("/backend", "/backend"),
        ("backend", "/backend"),
        ("backend/", "/backend"),
        ("/a/b-c_d.e~1/", "/a/b-c_d.e~1"),
    ],
)
def test_a_base_path_needs_no_slashes_around_it(said: str, taken: str) -> None:
    assert settings(base_path=said).base_path == taken


@pytest.mark.parametrize(
    "said", ["a//b", "{room}", "https://captions.example.org/backend", "a b", "a?b", "ä"]
)
def test_a_base_path_that_is_no_path_is_refused_with_what_to_say(said: str) -> None:
    with pytest.raises(ValidationError, match=r"such as /backend"):
        settings(base_path=said)
