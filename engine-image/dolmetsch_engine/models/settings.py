"""Settings of the step that fetches an engine's model, from the environment (`DOLMETSCH_…`)."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class ModelSettings(BaseSettings):
    """Which model an engine's start fetches, and where it puts it."""

    model_config = SettingsConfigDict(env_prefix="DOLMETSCH_", frozen=True, use_attribute_docstrings=True)

    model_source: str
    """Name of a model (`python -m dolmetsch_engine.models list`), or the address of a folder."""

    model_sha256: str = ""
    """Of an address: SHA-256 of the folder's SHA256SUMS, which lists its files with theirs."""

    engine_model: Path
    """Folder for the model, the same as the engine's own setting."""
