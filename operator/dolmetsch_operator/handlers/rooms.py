"""Rooms."""

from typing import Any

import kopf

from dolmetsch_core.cluster import names


@kopf.on.event(names.GROUP, names.VERSION, names.ROOMS)
async def room_seen(event: kopf.RawEvent, memo: Any, **_: Any) -> None:
    """A Room was listed, made, changed or is gone."""
    memo.operator.facts.take_room(event["type"], event["object"])
