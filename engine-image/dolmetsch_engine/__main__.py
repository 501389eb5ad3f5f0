"""`python -m dolmetsch_engine`: one engine, settings from the environment."""

import logging
import sys

import uvicorn
from pydantic import ValidationError

from dolmetsch_engine.server import create_app
from dolmetsch_engine.service_settings import ServiceSettings
from dolmetsch_engine.settings import EngineSettings


def main() -> None:
    """Serve until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    service = ServiceSettings()
    try:
        settings = EngineSettings()
    except ValidationError as error:
        sys.exit(f"dolmetsch engine: {error}")
    app = create_app(settings, service)
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
