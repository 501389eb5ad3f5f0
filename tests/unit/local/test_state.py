"""The state folder: closed to others, the same secrets from start to start, the address while it runs."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from dolmetsch_local.settings import LocalSettings
from dolmetsch_local.state import Address, NotRunning, StateFolder

NOBODY = 2**22 + 1
"""A process id that Linux never gives."""


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    folder = StateFolder(tmp_path / "state" / "dolmetsch")
    folder.prepare()
    return folder


def settings(folder: StateFolder, host: str | None = None, admin: str | None = None) -> LocalSettings:
    return LocalSettings(
        state_dir=folder.path,
        host_password=SecretStr(host) if host else None,
        admin_password=SecretStr(admin) if admin else None,
    )


def here(folder: StateFolder, pid: int = os.getpid()) -> Address:
    """An address as the platform leaves it."""
    address = Address(url="http://127.0.0.1:8000", host_password="sesame", pid=pid)
    folder.tell_address(address)
    return address


def modes(folder: StateFolder) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in folder.path.iterdir() if path.is_file()}


@pytest.fixture(autouse=True)
def no_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """No password of whoever runs the tests reaches them."""
    for name in ("DOLMETSCH_HOST_PASSWORD", "DOLMETSCH_ADMIN_PASSWORD", "DOLMETSCH_HOST"):
        monkeypatch.delenv(name, raising=False)


def test_the_folder_is_its_owners_alone(folder: StateFolder) -> None:
    assert folder.path.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_was_open_is_closed(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    StateFolder(tmp_path / "open").prepare()
    assert (tmp_path / "open").stat().st_mode & 0o777 == 0o700


def test_files_are_their_owners_alone_whatever_the_umask(folder: StateFolder) -> None:
    before = os.umask(0)
    try:
        folder.secrets(settings(folder))
        here(folder)
    finally:
        os.umask(before)
    assert modes(folder) == {0o600}


def test_made_up_secrets_stay_the_same_from_start_to_start(folder: StateFolder) -> None:
    first = folder.secrets(settings(folder))
    assert StateFolder(folder.path).secrets(settings(folder)) == first
    assert len({first.host_password, first.admin_password, first.signing_key}) == 3
    assert len(first.signing_key) >= 32


def test_two_folders_have_different_secrets(folder: StateFolder, tmp_path: Path) -> None:
    other = StateFolder(tmp_path / "other")
    other.prepare()
    assert other.secrets(settings(other)) != folder.secrets(settings(folder))


def test_given_passwords_are_used_and_not_written(folder: StateFolder) -> None:
    given = folder.secrets(settings(folder, host="sesame", admin="caraway"))
    assert (given.host_password, given.admin_password) == ("sesame", "caraway")
    written = (folder.path / "secrets.json").read_text()
    assert "sesame" not in written
    assert "caraway" not in written


def test_a_given_password_does_not_replace_the_made_up_one(folder: StateFolder) -> None:
    made = folder.secrets(settings(folder))
    given = folder.secrets(settings(folder, host="sesame"))
    assert given == made.model_copy(update={"host_password": "sesame"})
    assert folder.secrets(settings(folder)) == made


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"host_password": ""}'])
def test_a_damaged_file_of_secrets_is_made_anew(content: str, folder: StateFolder) -> None:
    (folder.path / "secrets.json").write_text(content)
    made = folder.secrets(settings(folder))
    assert made.host_password
    assert folder.secrets(settings(folder)) == made


def test_the_address_of_a_running_platform_is_found(folder: StateFolder) -> None:
    assert here(folder) == StateFolder(folder.path).address()


def test_without_an_address_nothing_is_running(folder: StateFolder) -> None:
    with pytest.raises(NotRunning, match="make run"):
        folder.address()


def test_without_a_folder_nothing_is_running(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match=str(tmp_path / "none")):
        StateFolder(tmp_path / "none").address()


def test_an_address_that_was_forgotten_is_gone(folder: StateFolder) -> None:
    here(folder)
    folder.forget_address()
    with pytest.raises(NotRunning):
        folder.address()
    folder.forget_address()


def test_the_address_of_a_platform_that_was_killed_is_none(folder: StateFolder) -> None:
    here(folder, pid=NOBODY)
    with pytest.raises(NotRunning):
        folder.address()


def test_a_damaged_address_is_none(folder: StateFolder) -> None:
    (folder.path / "address.json").write_text('{"url": "http://127')
    with pytest.raises(NotRunning):
        folder.address()
