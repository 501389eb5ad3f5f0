"""Values that the documentation shows are values that the chart takes."""

import re
from pathlib import Path

import pytest
import yaml

from tests.chart.rendering import CHART, RELEASE, pod_templates
from tests.cluster.tools import helm
from tests.conftest import REPOSITORY

PAGES = ("helm.md", "operations.md")
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def examples() -> list[tuple[str, str]]:
    """Values in the pages, and where they stand; manifests of objects are none."""
    found = []
    for page in PAGES:
        blocks = BLOCK.findall((REPOSITORY / "docs" / page).read_text())
        found += [(f"{page}-{at}", block) for at, block in enumerate(blocks, 1) if "apiVersion:" not in block]
    return found


@pytest.mark.parametrize("values", [text for _, text in examples()], ids=[name for name, _ in examples()])
def test_values_of_a_page_install(values: str, tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(values)
    text = helm("template", RELEASE, str(CHART), "--namespace", "captions", "-f", str(file))
    objects = [each for each in yaml.safe_load_all(text) if each]
    assert len(list(pod_templates(objects))) >= 5
    pool = next(each for each in objects if each["kind"] == "EnginePool")
    wanted = yaml.safe_load(values).get("engine", {})
    assert pool["spec"]["maxActiveRooms"] == wanted.get("pool", {}).get("maxActiveRooms")
    assert pool["spec"]["template"]["spec"].get("runtimeClassName") == wanted.get("runtimeClassName")
