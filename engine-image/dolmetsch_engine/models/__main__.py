"""`python -m dolmetsch_engine.models fetch`: puts an engine's model into its folder, before it starts."""

from __future__ import annotations

import argparse
import logging
import sys

from pydantic import ValidationError

from dolmetsch_engine.models.fetching import CannotFetch, fetch
from dolmetsch_engine.models.pinned import MODELS
from dolmetsch_engine.models.settings import ModelSettings


def main() -> int:
    """Exit status 0: it is there; 1: it is not, and stderr says why."""
    parser = argparse.ArgumentParser(prog="python -m dolmetsch_engine.models", description=__doc__)
    parser.add_argument("action", choices=["fetch", "list"], help="list: the models that have a name")
    action = parser.parse_args().action
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    # Each request would be a line of its own.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if action == "list":
        for name, model in MODELS.items():
            sys.stdout.write(f"{name}\t{model.repository}@{model.revision}\n")
        return 0
    try:
        settings = ModelSettings()
        fetch(settings.model_source, settings.engine_model, settings.model_sha256)
    except (CannotFetch, ValidationError) as error:
        sys.stderr.write(f"dolmetsch model: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
