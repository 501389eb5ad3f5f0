"""Settings of the api."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ApiSettings(BaseSettings):
    """Settings of the api, from the environment (`DOLMETSCH_…`)."""

    model_config = SettingsConfigDict(env_prefix="DOLMETSCH_", frozen=True, use_attribute_docstrings=True)

    store_url: str = "redis://127.0.0.1:6379"
    """Address of the live store (Redis protocol)."""
    directory: Literal["local", "kubernetes"] = "local"
    """Where rooms are: in the live store of one machine, or in a cluster (in-cluster, or by KUBECONFIG)."""
    namespace: str = ""
    """The cluster's namespace that holds the Rooms; without it the pod's own, or `default`."""
    host_password: SecretStr
    """Who knows it may speak. All hosts share it and are trusted with one another's rooms."""
    admin_password: SecretStr
    """Who knows it may close any room."""
    signing_key: SecretStr = Field(min_length=32)
    """Signs login tokens; at least 32 characters; changing it revokes all of them."""
    token_hours: float = Field(default=24.0, gt=0)
    """How long a login lasts, in hours."""
    base_path: str = ""
    """Also serve everything under this path, such as `/backend`."""
    rooms_file: Path | None = None
    """YAML file of rooms that are always on; without it, two sample talks."""
    close_room_after: int = Field(default=300, ge=1)
    """Seconds that a room waits for its host to come back."""
    activation_deadline: int = Field(default=120, ge=1)
    """Seconds that an activated room waits for its first host."""
    activation_timeout: float = Field(default=150.0, gt=0)
    """Seconds that a host waits for an engine before it is told to try again."""
    kept_audio_seconds: float = Field(default=120.0, gt=0)
    """Audio not yet written as sentences that is kept for a replacement engine."""
    engine_private_key: SecretStr | None = None
    """Private key (Ed25519, PEM) that signs the tokens which engines of a cluster ask for."""
    notice: str = ""
    """A sentence that every page shows, such as that this is a demonstration."""
