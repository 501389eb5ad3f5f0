"""The platform's state folder, mode 0700: passwords made up, signing key, where the platform listens."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from dolmetsch_local.settings import LocalSettings


class NotRunning(Exception):
    """No platform left its address in the state folder. Remedy: start it."""

    def __str__(self) -> str:
        return f"No platform is running with the state folder {self.args[0]}: start one with `make run`."


class Secrets(BaseModel):
    """What must stay the same from one start to the next."""

    model_config = ConfigDict(frozen=True)
    host_password: str
    admin_password: str
    signing_key: str


class Address(BaseModel):
    """Where a running platform and its store listen, and the host password for tools of the same user."""

    model_config = ConfigDict(frozen=True)
    url: str
    host_password: str
    pid: int
    store_url: str = ""


class StateFolder:
    """Reads and writes the files of the state folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self) -> None:
        """Make the folder, readable by its owner alone."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)
        (self.path / "logs").mkdir(exist_ok=True)

    def secrets(self, settings: LocalSettings) -> Secrets:
        """Return the passwords set, or the made-up ones of earlier starts, or new ones."""
        known = self._read("secrets.json")
        made = Secrets(
            host_password=known.get("host_password") or secrets.token_urlsafe(9),
            admin_password=known.get("admin_password") or secrets.token_urlsafe(9),
            signing_key=known.get("signing_key") or secrets.token_hex(32),
        )
        self._write("secrets.json", made)
        given = {
            name: value.get_secret_value()
            for name in ("host_password", "admin_password")
            if (value := getattr(settings, name)) is not None
        }
        return made.model_copy(update=given)

    def tell_address(self, address: Address) -> None:
        """Leave word for `speak` and `listen`."""
        self._write("address.json", address)

    def forget_address(self) -> None:
        """The platform has ended."""
        (self.path / "address.json").unlink(missing_ok=True)

    def address(self) -> Address:
        """Return where the platform listens. Raises NotRunning."""
        found = self._read("address.json")
        if not found or not Path(f"/proc/{found['pid']}").exists():
            raise NotRunning(self.path)
        return Address.model_validate(found)

    def _read(self, name: str) -> dict[str, Any]:
        try:
            found = json.loads((self.path / name).read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, name: str, value: BaseModel) -> None:
        """Write atomically, readable by the owner alone."""
        draft = self.path / f".{name}.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(value.model_dump_json())
        draft.replace(self.path / name)
