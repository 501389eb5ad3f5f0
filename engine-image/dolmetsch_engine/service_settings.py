"""Settings of the engine as a service."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Where the engine listens and writes, from the environment (`DOLMETSCH_…`)."""

    model_config = SettingsConfigDict(env_prefix="DOLMETSCH_", frozen=True, use_attribute_docstrings=True)

    store_url: str = "redis://127.0.0.1:6379"
    """Address of the live store (Redis protocol)."""
    engine_host: str = "127.0.0.1"
    """Address that the engine listens on. Without a key for its callers: loopback only."""
    engine_port: int = 8100
    """Port that the engine listens on."""
    engine_public_key: str = ""
    """Public key (Ed25519, PEM) of those who may call. Engines without it listen on loopback only."""
    engine_audience: str = ""
    """Which engine callers' tokens must be for: the uid of its pod. Required with a key."""
