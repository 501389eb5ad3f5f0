"""`python -m dolmetsch_engine`: one engine, settings from the environment."""

import logging
import os
import sys

import uvicorn
from pydantic import ValidationError

from dolmetsch_engine.callers import Unguarded
from dolmetsch_engine.server import create_app
from dolmetsch_engine.service_settings import ServiceSettings
from dolmetsch_engine.settings import EngineSettings


def main() -> None:
    """Serve until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    service = ServiceSettings()
    known = {f"DOLMETSCH_ENGINE_{name.upper()}" for name in EngineSettings.model_fields}
    known |= {f"DOLMETSCH_{name.upper()}" for name in ServiceSettings.model_fields}
    if unknown := {name for name in os.environ if name.startswith("DOLMETSCH_ENGINE_")} - known:
        sys.exit(f"dolmetsch engine: unknown settings {', '.join(sorted(unknown))}: see docs/settings.md")
    try:
        app = create_app(EngineSettings(), service)
    except (ValidationError, Unguarded) as error:
        sys.exit(f"dolmetsch engine: {error}")
    uvicorn.run(
        app,
        host=service.engine_host,
        port=service.engine_port,
        ws_max_size=1 << 21,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
