"""The beginning and the end of the operator, and how kopf is set."""

from collections.abc import Iterable
from typing import Any

import kopf

from dolmetsch_core.cluster import names

BACKOFFS = (0.5, 1, 2, *([5] * 10_000))


class _NoDiffs(kopf.DiffBaseStorage):
    """Event handlers need no comparison with the last state, which costs two deep copies an event."""

    def build(self, *, body: kopf.Body, extra_fields: Iterable[Any] | None = None) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence | None:
        return None

    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        return


class _NoProgress(kopf.ProgressStorage):
    """No handler here lasts longer than one event."""

    def fetch(self, *, key: Any, body: kopf.Body) -> Any:
        return None

    def store(self, *, key: Any, record: Any, body: kopf.Body, patch: kopf.Patch) -> None:
        return

    def purge(self, *, key: Any, body: kopf.Body, patch: kopf.Patch) -> None:
        return

    def touch(self, *, body: kopf.Body, patch: kopf.Patch, value: str | None) -> None:
        return

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        return essence


@kopf.on.login()
async def login(**given: Any) -> kopf.ConnectionInfo | None:
    """The service account's token in a pod, else the kubeconfig."""
    return kopf.login_with_service_account(**given) or kopf.login_with_kubeconfig(**given)


@kopf.on.startup()
async def startup(settings: kopf.OperatorSettings, memo: Any, **_: Any) -> None:
    """Watches begin after this: the Lease is held by then, and everything was read once."""
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.networking.request_timeout = 10.0
    settings.persistence.diffbase_storage = _NoDiffs()
    settings.persistence.progress_storage = _NoProgress()
    # Without an end: an API server that is away is no reason to give up.
    settings.networking.error_backoffs = BACKOFFS
    settings.watching.server_timeout = 240
    settings.watching.reconnect_backoff = 0.5
    settings.watching.label_selectors["pods"] = f"{names.APP}={names.ENGINE_APP}"
    await memo.operator.start()


@kopf.on.cleanup()
async def cleanup(memo: Any, **_: Any) -> None:
    """A new operator goes on where this one stops."""
    await memo.operator.stop()
