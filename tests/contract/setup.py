"""What a server is started with so that the whole suite can run against it."""

from pathlib import Path

BASE_PATH = "/backend"
HOST_PASSWORD = "Wort des Redners: äß;=%41"
"""As awkward as a cookie can have it."""
ADMIN_PASSWORD = "word of the contract's admin"
GRACE_S = 12
"""Waited for once in the whole suite (test_room_life); a slow machine has it to come back in."""
FAKE_NOW = "2026-08-20T11:00:00+02:00"


PLATFORM = {"DOLMETSCH_MODEL": "demo", "DOLMETSCH_WARM_ENGINES": "2"}
"""Of `make run`: with two engines ready the next test needn't wait for the one that the last one used up."""


def environment(schedule: Path, *, now: str = FAKE_NOW) -> dict[str, str]:
    """The api's settings: passwords, base path, a short grace time, schedule and clock."""
    return {
        "DOLMETSCH_HOST_PASSWORD": HOST_PASSWORD,
        "DOLMETSCH_ADMIN_PASSWORD": ADMIN_PASSWORD,
        "DOLMETSCH_BASE_PATH": BASE_PATH,
        "DOLMETSCH_CLOSE_ROOM_AFTER": str(GRACE_S),
        # All tests come from one address, and many have a wrong password.
        "DOLMETSCH_LOGIN_FAILURES_PER_MINUTE": "100000",
        "DOLMETSCH_LOGIN_FAILURES_OVERALL": "100000",
        "DOLMETSCH_SCHEDULE": str(schedule),
        "DOLMETSCH_SCHEDULE_REFRESH": "0.5",
        "DOLMETSCH_FAKE_NOW": now,
    }
