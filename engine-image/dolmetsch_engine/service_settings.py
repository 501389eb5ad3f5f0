"""Settings of the engine as a service."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Where the engine listens and writes, from the environment (`DOLMETSCH_…`)."""

    model_config = SettingsConfigDict(env_prefix="DOLMETSCH_", frozen=True, use_attribute_docstrings=True)

    store_url: str = "redis://127.0.0.1:6379"
    """Address of the live store (Redis protocol)."""
    engine_host: str = "127.0.0.1"
    """Address that the engine listens on. Without keys for its callers: loopback only."""
    engine_port: int = 8100
    """Port that the engine listens on."""
