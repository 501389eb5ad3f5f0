"""Schemathesis over the OpenAPI: whatever is sent to whatever operation, no server error, no odd answer.

`make fuzz` is the long form: 2,000 examples for each operation. Its pytest plugin does not know this pytest:
the operations are walked through here.
"""

import os
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks

from tests.platform_process import ADMIN_PASSWORD, PATIENCE_S, PlatformProcess

EXAMPLES = int(os.environ.get("DOLMETSCH_FUZZ_EXAMPLES", "25"))
REFUSAL = {"status": "fail"}
"""The documented routes know no other no."""
load_all_checks()
SHAPE = [CHECKS.get_one("response_schema_conformance"), CHECKS.get_one("content_type_conformance")]


@pytest.mark.timeout(7200)
def test_no_request_is_answered_by_an_error_of_the_server(scheduled: PlatformProcess) -> None:
    schema = schemathesis.openapi.from_url(f"{scheduled.url}/openapi.json", timeout=PATIENCE_S)
    login = scheduled.request("POST", "/login", json={"password": ADMIN_PASSWORD})
    bearer = {"Authorization": f"Bearer {login.json()['key']}"}
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 20
    for operation in operations:
        # Half of the operations are for admins: without a key nothing would lie behind them.
        ours = "/api/v1/" in operation.path
        check = _check(operation, bearer if ours else {}, refuses=not ours)
        try:
            check()
        except Exception as error:
            error.add_note(f"{operation.method.upper()} {operation.path}")
            raise
        print(f"{operation.method.upper()} {operation.path}: {EXAMPLES} examples")
    assert scheduled.request("GET", "/health").json()["status"] == "ok"


def _check(operation: Any, headers: dict[str, str], *, refuses: bool) -> Callable[[], None]:
    """Examples of one operation; `refuses`: it says no as clients in use know it."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=operation.as_strategy())
    def check(case: schemathesis.Case) -> None:
        answer = case.call(headers=headers, timeout=PATIENCE_S)
        if answer.status_code >= 500:
            assert (answer.status_code, refuses) == (503, True), answer.text
            assert answer.json() == REFUSAL
        case.validate_response(answer, checks=SHAPE)

    return check  # type: ignore[no-any-return]
