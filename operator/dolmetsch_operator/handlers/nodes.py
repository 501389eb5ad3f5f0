"""Nodes: how many engines there can be, and which are lost."""

from typing import Any

import kopf


@kopf.on.event("", "v1", "nodes")
async def node_seen(event: kopf.RawEvent, memo: Any, **_: Any) -> None:
    """A node was listed, came, changed or is gone."""
    memo.operator.facts.take_node(event["type"], event["object"])
