"""Engine pods; the watch is restricted to them by label (see lifecycle)."""

from typing import Any

import kopf


@kopf.on.event("", "v1", "pods")
async def pod_seen(event: kopf.RawEvent, memo: Any, **_: Any) -> None:
    """An engine pod was listed, made, changed or is gone."""
    memo.operator.facts.take_pod(event["type"], event["object"])
