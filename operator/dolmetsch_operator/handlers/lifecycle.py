"""The beginning and the end of the operator, and how kopf is set."""

from typing import Any

import kopf

from dolmetsch_core.cluster import names


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
    settings.watching.server_timeout = 240
    settings.watching.reconnect_backoff = 0.5
    settings.watching.label_selectors["pods"] = f"{names.APP}={names.ENGINE_APP}"
    await memo.operator.start()


@kopf.on.cleanup()
async def cleanup(memo: Any, **_: Any) -> None:
    """A new operator goes on where this one stops."""
    await memo.operator.stop()
