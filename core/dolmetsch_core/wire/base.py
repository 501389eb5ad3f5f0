"""The base of all wire models."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Wire(BaseModel):
    """A message between processes: frozen, unknown fields ignored, `v` its version."""

    # Errors never quote their input: it may be what was said, and errors are logged.
    model_config = ConfigDict(
        frozen=True, extra="ignore", use_attribute_docstrings=True, hide_input_in_errors=True
    )

    v: int = 1
    """Version of the message; raised when a field changes its meaning."""

    def to_bytes(self) -> bytes:
        """Return the message as UTF-8 JSON, fields in their declared order."""
        return self.model_dump_json().encode()


class Resource(BaseModel):
    """A part of a Kubernetes-shaped object: frozen, camelCase outside, snake_case inside."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
    )
