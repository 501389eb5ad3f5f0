"""Helm's own look at the charts, and the tests that lie beside their templates."""

import subprocess

import pytest

from tests.chart.rendering import CHART, CRDS_CHART, SETS, values_of
from tests.cluster.binaries import find
from tests.cluster.tools import helm


@pytest.mark.parametrize("values", SETS)
def test_lint_has_nothing_to_say(values: str) -> None:
    helm("lint", "--strict", str(CHART), *values_of(values))


def test_lint_has_nothing_to_say_of_the_kinds() -> None:
    helm("lint", "--strict", str(CRDS_CHART))


@pytest.mark.parametrize("chart", [CHART, CRDS_CHART], ids=lambda chart: chart.name)
def test_templates_pass_their_own_tests(chart: object) -> None:
    done = subprocess.run([find("helm-unittest"), str(chart)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_template_has_tests_of_its_own() -> None:
    templates = {path.stem for path in (CHART / "templates").iterdir() if not path.name.startswith("_")}
    assert templates == {path.stem.removesuffix("_test") for path in (CHART / "tests").glob("*_test.yaml")}
