"""`python -m dolmetsch_api`: one process of the api, settings from the environment."""

import argparse
import logging
import sys
from collections.abc import Iterator

import uvicorn
from prometheus_client import start_http_server
from pydantic import ValidationError

from dolmetsch_api.app import StoreAddressInvalid, create_app
from dolmetsch_api.auth.passwords import PasswordNotHashed
from dolmetsch_api.rooms.talks import RoomsFileInvalid
from dolmetsch_api.serving import options
from dolmetsch_api.settings import ApiSettings
from dolmetsch_core.archive.database import ArchiveUnusable
from dolmetsch_core.tokens import KeyInvalid

_UNUSABLE = (StoreAddressInvalid, RoomsFileInvalid, KeyInvalid, PasswordNotHashed, ArchiveUnusable)


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m dolmetsch_api", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    # It would tell every look at the schedule, with whatever token is in the address.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        settings = ApiSettings()
        app = create_app(settings)
        if settings.metrics_port is not None:
            start_http_server(settings.metrics_port, settings.metrics_host)
    except ValidationError as error:
        sys.exit("\n".join(_wrong(error)))
    except (*_UNUSABLE, OSError) as error:
        sys.exit(f"dolmetsch api: {error}")
    uvicorn.run(app, host=args.host, port=args.port, **options(settings))


def _wrong(error: ValidationError) -> Iterator[str]:
    """Which settings are wrong and why. Their values may be secrets, also those of settings beside them."""
    for each in error.errors(include_input=False, include_url=False, include_context=False):
        name = "_".join(str(part) for part in each["loc"]).upper().removeprefix("DOLMETSCH_")
        yield f"dolmetsch api: DOLMETSCH_{name}: {each['msg']}"


if __name__ == "__main__":
    main()
