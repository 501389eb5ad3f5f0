"""`python -m dolmetsch_operator`: the operator of one namespace, settings from the environment."""

import argparse
import asyncio
import gc
import logging
import sys

import kopf
from pydantic import ValidationError

from dolmetsch_core.cluster.api import ApiError, Away, connect
from dolmetsch_core.tokens import KeyInvalid
from dolmetsch_operator.handlers import lifecycle, nodes, pods, pools, rooms
from dolmetsch_operator.running import Operator
from dolmetsch_operator.settings import OperatorSettings

HANDLERS = (lifecycle, nodes, pods, pools, rooms)


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m dolmetsch_operator", description=__doc__)
    parser.add_argument("--standalone", action="store_true", help="work without a Lease, for trying out")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx", "kopf.objects", "kopf.activities"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        settings = OperatorSettings()
        if args.standalone:
            settings = settings.model_copy(update={"standalone": True})
        _collect_seldom()
        sys.exit(asyncio.run(serve(settings)))
    except (ValidationError, KeyInvalid, ApiError, Away, OSError) as error:
        sys.exit(f"dolmetsch operator: {error}")


def _collect_seldom() -> None:
    """Every object that is read is hundreds of new dicts and hardly a cycle to look for."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


async def serve(settings: OperatorSettings) -> int:
    """Run kopf until a signal (kopf listens to them) or the loss of the Lease; return the exit status."""
    stop = asyncio.Event()
    cluster = await connect()
    operator = Operator(settings, cluster, stop)
    try:
        await operator.open()
        await kopf.operator(
            namespaces=[settings.namespace],
            clusterwide=False,
            standalone=True,
            # Else kopf asks for its user's name, which containers may not have. The type is private.
            identity="dolmetsch-operator",  # type: ignore[arg-type]
            memo=kopf.Memo(operator=operator),
            stop_flag=stop,
        )
    finally:
        await cluster.close()
    return 1 if operator.lost else 0


if __name__ == "__main__":
    main()
