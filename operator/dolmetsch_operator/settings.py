"""Settings of the operator."""

import secrets
import socket
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dolmetsch_core.cluster import config


class OperatorSettings(BaseSettings):
    """Settings of the operator, from the environment (`DOLMETSCH_OPERATOR_…`)."""

    model_config = SettingsConfigDict(
        env_prefix="DOLMETSCH_OPERATOR_", frozen=True, use_attribute_docstrings=True
    )

    namespace: str = ""
    """The namespace that it serves, and no other; empty: its own, outside of a cluster the kubeconfig's."""
    engine_private_key: SecretStr | None = None
    """Ed25519 key (PEM) that signs calls to engines; engines get its public half. Without: loopback only."""
    standalone: bool = False
    """Work without a Lease, for trying out. Never with two operators in one namespace."""
    identity: str = ""
    """Name in the Lease, which takes its own Lease back at once after a crash; empty: the pod's name.

    Outside of a pod the host's name with a random end: two processes of one machine are two.
    """
    lease_seconds: int = Field(default=15, ge=3, le=300)
    """How long a Lease holds that its owner does not renew: the pause after a lost node."""
    second_look_seconds: float = Field(default=30.0, ge=1.0, le=120.0)
    """How often everything is read anew, for events get lost."""
    http_host: str = "0.0.0.0"  # noqa: S104 (kubelet and Prometheus come from outside of the pod)
    """Address of /healthz and /metrics."""
    http_port: int = Field(default=8080, ge=0, le=65535)
    """Port of /healthz, /readyz and /metrics."""

    @model_validator(mode="after")
    def _own_names(self) -> Self:
        if not self.namespace:
            object.__setattr__(self, "namespace", config.own_namespace())
        if not self.identity:
            object.__setattr__(self, "identity", _own_identity())
        return self


def _own_identity() -> str:
    host = socket.gethostname()
    return host if config.NAMESPACE_FILE.exists() else f"{host}-{secrets.token_hex(3)}"
