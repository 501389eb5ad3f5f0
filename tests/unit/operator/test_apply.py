"""The writer over a stand-in for the API server: what it makes of refusals."""

from typing import Any, cast

import pytest

from dolmetsch_core.cluster.api import NamespaceEnding
from dolmetsch_core.wire.room import EnginePoolSpec
from dolmetsch_operator import apply
from dolmetsch_operator.apply import Writer
from dolmetsch_operator.facts import Facts
from dolmetsch_operator.leased import Leased
from dolmetsch_operator.pods import PodMaker

TEMPLATE = {"spec": {"containers": [{"name": "engine", "image": "engine:1"}]}}
MAKER = PodMaker(EnginePoolSpec(template=TEMPLATE), "pool-uid", "ns")


class Ending:
    """An API server that makes nothing in a namespace that goes."""

    async def create(self, _path: str, _obj: Any, **_query: str) -> Any:
        raise NamespaceEnding(403, "no new content in namespace ns because it is being terminated")


async def test_a_namespace_that_goes_is_not_believed_to_go_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(cast("Leased", Ending()), Facts(lambda kind, room: None), "ns")
    assert not writer.ending
    with pytest.raises(NamespaceEnding):
        await writer.create_warm(MAKER)
    assert writer.ending
    monkeypatch.setattr(apply, "ENDING_S", 0.0)
    with pytest.raises(NamespaceEnding):
        await writer.create_warm(MAKER)
    assert not writer.ending, "it is tried again: the namespace may be there anew"
