"""Settings of the operator."""

import socket
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class OperatorSettings(BaseSettings):
    """Settings of the operator, from the environment (`DOLMETSCH_OPERATOR_…`)."""

    model_config = SettingsConfigDict(
        env_prefix="DOLMETSCH_OPERATOR_", frozen=True, use_attribute_docstrings=True
    )

    namespace: str = ""
    """The namespace that it serves, and no other; empty: its own, outside of a cluster `default`."""
    engine_private_key: SecretStr | None = None
    """Ed25519 key (PEM) that signs calls to engines; engines get its public half. Without: loopback only."""
    standalone: bool = False
    """Work without a Lease, for trying out. Never with two operators in one namespace."""
    identity: str = Field(default_factory=socket.gethostname)
    """Name in the Lease. The same name takes its own Lease back at once after a crash."""
    lease_seconds: int = Field(default=15, ge=3, le=300)
    """How long a Lease holds that its owner does not renew: the pause after a lost node."""
    http_host: str = "0.0.0.0"  # noqa: S104 (kubelet and Prometheus come from outside of the pod)
    """Address of /healthz and /metrics."""
    http_port: int = Field(default=8080, ge=0, le=65535)
    """Port of /healthz, /readyz and /metrics."""

    @model_validator(mode="after")
    def _own_namespace(self) -> Self:
        if not self.namespace:
            own = _NAMESPACE_FILE.read_text().strip() if _NAMESPACE_FILE.exists() else "default"
            object.__setattr__(self, "namespace", own)
        return self
