"""Custom resources as the API server holds them, to wire models and back. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from dolmetsch_core.cluster import names
from dolmetsch_core.wire.base import Resource
from dolmetsch_core.wire.room import EnginePoolSpec, EnginePoolStatus, Origin, Room, RoomSpec, RoomStatus

Object = Mapping[str, Any]
"""An object of the API, as JSON."""


class NotAsAgreed(Exception):
    """An object that this version can't read. Remedy: apply the CRDs of this version, or mend the object."""


def room_of(obj: Object, spec: RoomSpec | None = None) -> Room:
    """Read a Room, with `spec` in place of its own if given. Raises NotAsAgreed, naming the fields."""
    meta = obj["metadata"]
    try:
        return Room(
            name=meta["name"],
            uid=meta["uid"],
            generation=meta.get("generation", 1),
            created=_time(meta["creationTimestamp"]),
            deleted=_time(meta["deletionTimestamp"]) if "deletionTimestamp" in meta else None,
            origin=Origin.API if meta.get("labels", {}).get(names.ORIGIN) == Origin.API else Origin.OTHER,
            spec=spec or RoomSpec.model_validate(obj.get("spec", {})),
            status=RoomStatus.model_validate(obj.get("status", {})),
        )
    except ValidationError as error:
        raise NotAsAgreed(f"Room {meta['name']}: {_fields(error)}") from error


def room_object(spec: RoomSpec, namespace: str, origin: Origin) -> dict[str, Any]:
    """Return the Room to create: its name follows from its id, and it is not gone before it is drained."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": "Room",
        "metadata": {
            "name": names.room_name(spec.room_id),
            "namespace": namespace,
            "labels": {names.ORIGIN: origin.value},
            "finalizers": [names.FINALIZER],
        },
        "spec": spec_object(spec),
    }


def spec_object(spec: Resource) -> dict[str, Any]:
    """Return a spec as JSON."""
    return spec.model_dump(mode="json")


def pool_of(obj: Object) -> EnginePoolSpec:
    """Read an EnginePool's spec. Raises NotAsAgreed."""
    try:
        return EnginePoolSpec.model_validate(obj.get("spec", {}))
    except ValidationError as error:
        raise NotAsAgreed(f"EnginePool {obj['metadata']['name']}: {_fields(error)}") from error


def pool_status_of(obj: Object) -> EnginePoolStatus:
    """Read an EnginePool's status. Raises NotAsAgreed."""
    try:
        return EnginePoolStatus.model_validate(obj.get("status", {}))
    except ValidationError as error:
        raise NotAsAgreed(f"EnginePool {obj['metadata']['name']}: {_fields(error)}") from error


def status_object(status: Resource) -> dict[str, Any]:
    """Return a status as JSON, without what is not set."""
    return status.model_dump(mode="json", exclude_none=True)


def status_patch(status: Resource) -> dict[str, Any]:
    """Return the JSON merge patch that makes an object's status this one: what is None is removed."""
    return {"status": status.model_dump(mode="json")}


def resource_version(obj: Object) -> int:
    """Return the version, to be compared with others of that kind: since 1.35 a number that rises."""
    return int(obj["metadata"]["resourceVersion"])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _fields(error: ValidationError) -> str:
    told = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()]
    return "; ".join(told)
