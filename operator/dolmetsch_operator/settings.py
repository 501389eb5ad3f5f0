"""Settings of the operator."""

import socket
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dolmetsch_core.cluster.config import own_namespace


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
    """Name in the Lease, which takes its own Lease back at once after a crash; empty: the pod's name."""
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
            object.__setattr__(self, "namespace", own_namespace())
        if not self.identity:
            object.__setattr__(self, "identity", socket.gethostname())
        return self
