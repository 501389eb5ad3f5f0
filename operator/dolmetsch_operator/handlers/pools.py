"""The EnginePool."""

import logging
from typing import Any

import kopf

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.objects import NotAsAgreed

log = logging.getLogger(__name__)


@kopf.on.event(names.GROUP, names.VERSION, names.POOLS)
async def pool_seen(event: kopf.RawEvent, memo: Any, **_: Any) -> None:
    """The pool was listed, made, edited or is gone."""
    try:
        memo.operator.facts.take_pool(event["type"], event["object"])
    except NotAsAgreed as error:
        log.warning("%s", error)
