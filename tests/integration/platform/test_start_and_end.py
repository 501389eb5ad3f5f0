"""Starting with what can't work, and ending: each says the remedy, nothing stays behind."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dolmetsch_local.processes import free_port
from tests.platform_process import PATIENCE_S, PlatformProcess, processes


def command(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dolmetsch_local", *args],
        env={**os.environ, "COLUMNS": "400", **env},
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
        check=False,
    )


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[PlatformProcess]:
    platform = PlatformProcess(tmp_path / "state", free_port(), DOLMETSCH_MODEL="demo")
    platform.env.pop("DOLMETSCH_HOST_PASSWORD")
    platform.env.pop("DOLMETSCH_ADMIN_PASSWORD")
    try:
        yield platform
    finally:
        platform.stop()


@pytest.mark.parametrize(
    ("env", "remedy"),
    [
        ({"DOLMETSCH_MODEL": "/no/such/folder"}, "there is no such folder. Check the path"),
        ({"DOLMETSCH_MODEL": "nonsense"}, "Names are demo"),
        ({"DOLMETSCH_HOST": "0.0.0.0"}, "set DOLMETSCH_HOST_PASSWORD and DOLMETSCH_ADMIN_PASSWORD first"),
        ({"DOLMETSCH_LANGUAGES": "en,xx"}, "unknown language xx"),
        ({"DOLMETSCH_PORT": "0"}, "DOLMETSCH_PORT"),
        ({"DOLMETSCH_MODEL": "demo", "DOLMETSCH_ROOMS_FILE": "/no/such.yaml"}, "/no/such.yaml"),
    ],
)
def test_a_wrong_setting_is_one_line_with_its_remedy(
    tmp_path: Path, env: dict[str, str], remedy: str
) -> None:
    port = str(free_port())
    ended = command("run", **({"DOLMETSCH_STATE_DIR": str(tmp_path / "s"), "DOLMETSCH_PORT": port} | env))
    assert ended.returncode == 1, ended
    assert remedy in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not processes(str(tmp_path))


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = command(
            "run", DOLMETSCH_STATE_DIR=str(tmp_path / "s"), DOLMETSCH_PORT=port, DOLMETSCH_MODEL="demo"
        )
    assert ended.returncode == 1
    assert f"Port {port} on 127.0.0.1 can't be used" in ended.stderr
    assert "PORT=" in ended.stderr


def test_speaking_without_a_platform_or_a_file_says_what_to_do(tmp_path: Path) -> None:
    talk = tmp_path / "talk.wav"
    nothing = command("speak", "DEMO1", str(talk), DOLMETSCH_STATE_DIR=str(tmp_path))
    assert (nothing.returncode, "There is no file" in nothing.stderr) == (1, True)
    talk.write_bytes(b"no audio")
    alone = command("speak", "DEMO1", str(talk), DOLMETSCH_STATE_DIR=str(tmp_path))
    assert (alone.returncode, "make run" in alone.stderr) == (1, True)


def test_ctrl_c_ends_all_of_it_with_no_process_left(fresh: PlatformProcess) -> None:
    fresh.start()
    children = [pid for pid in processes("") if _is_child(pid, fresh.pid)]
    assert len(children) >= 5  # Valkey, LibreTranslate, worker, api, an engine
    state = fresh.state
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert stat.S_IMODE((state / "secrets.json").stat().st_mode) == 0o600
    talk = Path(__file__)
    wrong = command("speak", "NOWHERE", str(talk), DOLMETSCH_STATE_DIR=str(state))
    assert wrong.returncode == 1
    assert "Traceback" not in wrong.stderr
    assert fresh.stop(signal.SIGINT) == 0
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert not (state / "address.json").exists()


def _is_child(pid: int, parent: int) -> bool:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]) == parent
    except OSError:
        return False
