"""Settings of the platform on one machine."""

import sys
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from dolmetsch_api.schedule.settings import ScheduleSettings
from dolmetsch_core.wire.consent import MAX_KEEP_DAYS
from dolmetsch_core.wire.languages import LANGUAGES
from dolmetsch_local.models import default_cache

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_CHECKOUT = Path(__file__).resolve().parents[2]


def _state_dir() -> Path:
    return Path.home() / ".local" / "state" / "dolmetsch"


class StateSettings(BaseSettings):
    """Where the platform's state lies: all that `speak` and `listen` need."""

    model_config = SettingsConfigDict(
        env_prefix="DOLMETSCH_", frozen=True, use_attribute_docstrings=True, validate_default=True
    )

    state_dir: Path = Field(default_factory=_state_dir)
    """Folder of the platform's state: made-up passwords, signing key, logs, LibreTranslate's packages."""


class LocalSettings(ScheduleSettings, StateSettings):
    """Settings of `dolmetsch run`, from the environment (`DOLMETSCH_…`)."""

    host: str = "127.0.0.1"
    """Address to listen on (make: `HOST`). Another one than loopback needs both passwords set."""
    port: int = Field(default=8000, ge=1, le=65535)
    """Port to listen on (make: `PORT`)."""
    model: str = "base"
    """Speech model (make: `MODEL`): `base`, `tiny.en`, another Whisper size, `demo`, or a folder."""
    languages: Annotated[tuple[str, ...], NoDecode] = ("en", "de", "pt")
    """Languages to translate between (make: `LANGUAGES`), separated by commas."""
    host_password: SecretStr | None = None
    """Password of speakers, or its argon2 hash; made up and printed when it is not set."""
    admin_password: SecretStr | None = None
    """Password of admins, or its argon2 hash; made up and printed when it is not set."""
    archive_url: str = ""
    """Stored transcripts and votes; without it a file in the state folder. See the api's setting."""
    transcript_keep_days: int | None = Field(default=None, ge=1, le=MAX_KEEP_DAYS)
    """Days after which stored transcripts are deleted, where a room does not say; none: kept."""
    cache_dir: Path = Field(default_factory=default_cache)
    """Folder of downloaded models and recordings."""
    max_active_rooms: int = Field(default=2, ge=1)
    """How many rooms can be active at once."""
    warm_engines: int = Field(default=1, ge=0)
    """How many engines are kept ready for the next room."""
    close_room_after: int = Field(default=300, ge=1)
    """Seconds that a room waits for its host to come back."""
    activation_deadline: int = Field(default=120, ge=1)
    """Seconds that an activated room waits for its first host."""
    rooms_file: Path | None = None
    """YAML file of rooms that are always on; with neither it nor a schedule, two sample talks."""
    base_path: str = ""
    """Also serve everything under this path, such as `/backend`."""
    libretranslate_python: Path = _CHECKOUT / ".venv-libretranslate" / "bin" / "python"
    """Python of the environment that LibreTranslate is installed in."""
    engine_threads: int = Field(default=0, ge=0)
    """CPU threads of each engine; 0: half of the CPUs, at most four."""

    @field_validator("languages", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("languages")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [code for code in value if code not in LANGUAGES]
        if unknown:
            raise ValueError(f"unknown language {', '.join(unknown)}: use Whisper's codes, such as en,de,pt")
        return value

    @model_validator(mode="after")
    def _closed_unless_protected(self) -> Self:
        if self.host not in LOOPBACK and not (self.host_password and self.admin_password):
            raise ValueError(
                f"HOST={self.host} opens the platform to others: "
                "set DOLMETSCH_HOST_PASSWORD and DOLMETSCH_ADMIN_PASSWORD first"
            )
        return self

    @property
    def python(self) -> str:
        """The Python that starts the components: this one."""
        return sys.executable
