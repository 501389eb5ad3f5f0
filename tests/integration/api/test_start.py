"""Starting with wrong settings: what is wrong is told, and no secret with it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SECRETS = {
    "DOLMETSCH_HOST_PASSWORD": "secret-of-hosts",
    "DOLMETSCH_ADMIN_PASSWORD": "secret-of-admins",
    "DOLMETSCH_SIGNING_KEY": "secret-that-signs-and-is-long-enough",
    "DOLMETSCH_ARCHIVE_URL": "postgresql://dolmetsch:secret-of-archive@127.0.0.1:1/d",
    "DOLMETSCH_STORE_URL": "redis://:secret-of-store@127.0.0.1:1",
    "DOLMETSCH_ENGINE_PRIVATE_KEY": "secret-of-engines",
    "DOLMETSCH_ALLOW_PLAIN_PASSWORDS": "true",
}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"DOLMETSCH_SIGNING_KEY": "secret-short"}, "DOLMETSCH_SIGNING_KEY: "),
        ({"DOLMETSCH_SIGNING_KEY": None}, "DOLMETSCH_SIGNING_KEY: Field required"),
        ({"DOLMETSCH_ARCHIVE_URL": None}, "DOLMETSCH_ARCHIVE_URL: Field required"),
        ({"DOLMETSCH_HOST_PASSWORD": None}, "DOLMETSCH_HOST_PASSWORD: Field required"),
        ({"DOLMETSCH_TOKEN_HOURS": "secret"}, "DOLMETSCH_TOKEN_HOURS: "),
        ({"DOLMETSCH_TRUSTED_PROXIES": "*"}, "DOLMETSCH_TRUSTED_PROXIES: "),
        ({"DOLMETSCH_ALLOW_PLAIN_PASSWORDS": "false"}, "DOLMETSCH_HOST_PASSWORD"),
        ({"DOLMETSCH_ARCHIVE_URL": "mysql://u:secret@h/d"}, "archive"),
        ({"DOLMETSCH_ARCHIVE_URL": "sqlite:////proc/nowhere/archive.db"}, "/proc/nowhere"),
        ({"DOLMETSCH_STORE_URL": "redis://:secret/of@127.0.0.1"}, "DOLMETSCH_STORE_URL"),
        ({"DOLMETSCH_STORE_URL": "secret"}, "DOLMETSCH_STORE_URL"),
        ({}, "DOLMETSCH_ENGINE_PRIVATE_KEY"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_without_any_secret(
    change: dict[str, str | None], named: str, tmp_path: Path
) -> None:
    ended = start(change, tmp_path)
    assert ended.returncode != 0
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr + ended.stdout


def test_a_full_disk_under_the_archive_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "from pathlib import Path\n"
        "def mkdir(self, *_, **__): raise OSError(28, 'No space left on device', str(self))\n"
        "Path.mkdir = mkdir\n"
    )
    change = {"DOLMETSCH_ARCHIVE_URL": f"sqlite:///{tmp_path}/a/archive.db", "PYTHONPATH": str(tmp_path)}
    ended = start({**change, "DOLMETSCH_ENGINE_PRIVATE_KEY": None}, tmp_path)
    assert ended.stderr.splitlines()[-1].startswith("dolmetsch api: [Errno 28] No space left on device")
    assert "Traceback" not in ended.stderr


def start(change: dict[str, str | None], folder: Path) -> subprocess.CompletedProcess[str]:
    set_here = {name: value for name, value in os.environ.items() if not name.startswith("DOLMETSCH_")}
    environment = {**set_here, **SECRETS, **change}
    return subprocess.run(
        [sys.executable, "-m", "dolmetsch_api", "--port", "1"],
        env={name: value for name, value in environment.items() if value is not None},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
