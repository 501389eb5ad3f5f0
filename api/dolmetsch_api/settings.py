"""Settings of the api."""

import ipaddress
import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from dolmetsch_api.schedule.settings import ScheduleSettings

SubtitleMark = Literal["cue", "note"]
_NAME_PROXIES = (
    "name each proxy by the IP address that it connects from, or by its network, such as 10.0.0.0/8; "
    "neither host names nor * will do"
)


class ApiSettings(ScheduleSettings):
    """Settings of the api, from the environment (`DOLMETSCH_…`)."""

    model_config = SettingsConfigDict(env_prefix="DOLMETSCH_", frozen=True, use_attribute_docstrings=True)

    store_url: str = "redis://127.0.0.1:6379"
    """Address of the live store (Redis protocol)."""
    directory: Literal["local", "kubernetes"] = "local"
    """Where rooms are: in the live store of one machine, or in a cluster (in-cluster, or by KUBECONFIG)."""
    namespace: str = ""
    """The cluster's namespace that holds the Rooms; without it the pod's own, or `default`."""
    host_password: SecretStr
    """Argon2 hash (`dolmetsch hash-password`) of the speakers' password, who trust one another."""
    admin_password: SecretStr
    """Argon2 hash of the password of admins, who may close any room and read any transcript."""
    allow_plain_passwords: bool = False
    """Take both passwords as plain text too, to try things out."""
    login_failures_per_minute: int = Field(default=30, ge=1)
    """Wrong passwords from one address in a minute, before more attempts are refused unchecked."""
    login_failures_overall: int = Field(default=300, ge=1)
    """The same from all addresses together."""
    trusted_proxies: str = ""
    """Addresses or networks, separated by commas, whose `X-Forwarded-For` tells a client's address."""
    signing_key: SecretStr = Field(min_length=32)
    """Signs login tokens; at least 32 characters; changing it revokes all of them."""
    token_hours: float = Field(default=24.0, gt=0)
    """How long a login lasts, in hours."""
    archive_url: str
    """Stored transcripts and votes: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/DATABASE`."""
    base_path: str = ""
    """Also serve everything under this path, such as `/backend`."""
    rooms_file: Path | None = None
    """YAML file of rooms that are always on; with neither it nor a schedule, two sample talks."""
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
    machine_notice: bool = True
    """Every page says that captions are made by a machine; to be switched off where a person checks them."""
    subtitle_mark: SubtitleMark = "cue"
    """What says so in SRT files: a subtitle in a pause, or a note block, which some programs refuse."""
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """Port for Prometheus, not the pages', which everybody reaches; none: no metrics are served."""
    metrics_host: str = "127.0.0.1"
    """Address on which metrics are served."""

    @field_validator("base_path")
    @classmethod
    def _path(cls, value: str) -> str:
        """As routes begin with it: with a slash before it, none behind."""
        value = value.strip("/")
        if re.search("[^A-Za-z0-9._~/-]|//", value):
            raise ValueError("use a plain path of letters, digits and - . _ ~, such as /backend")
        return f"/{value}" if value else ""

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, value: str) -> str:
        """To uvicorn `*` is everybody, and what it can't read a name, which nobody connects from."""
        return ",".join(_proxy(each.strip()) for each in value.split(",") if each.strip())


def _proxy(text: str) -> str:
    try:
        found = ipaddress.ip_network(text) if "/" in text else ipaddress.ip_address(text)
    except ValueError as error:
        raise ValueError(f"{error}: {_NAME_PROXIES}") from None
    if isinstance(found, ipaddress.IPv4Network | ipaddress.IPv6Network) and found.prefixlen == 0:
        raise ValueError(f"{text} is everybody: {_NAME_PROXIES}")
    return str(found)
