"""Names, selectors and claims stay as they are: Kubernetes takes no change of them in an upgrade.

`python -m tests.chart.test_names` writes the golden file anew. Then say in CHANGELOG.md what people with an
installed release have to do.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.rendering import CHART, Object, render, values_of
from tests.cluster.tools import helm

GOLDEN = Path(__file__).parent / "golden" / "names.yaml"
VERSIONED = ("app.kubernetes.io/version", "helm.sh/chart")


def fixed(each: Object) -> dict[str, Any]:
    """Return what of an object must not change."""
    spec = each.get("spec", {})
    kept: dict[str, Any] = {}
    if "selector" in spec:
        kept["selector"] = spec["selector"].get("matchLabels", spec["selector"])
    if "podSelector" in spec:
        kept["podSelector"] = spec["podSelector"]["matchLabels"]
    if "serviceName" in spec:
        kept["serviceName"] = spec["serviceName"]
    if "volumeClaimTemplates" in spec:
        kept["claims"] = [claim["metadata"] for claim in spec["volumeClaimTemplates"]]
    if "roleRef" in each:
        kept["roleRef"] = each["roleRef"]["name"]
    return kept


def names() -> dict[str, Any]:
    """Return what is fixed of all objects, by kind and name."""
    return {
        f"{each['kind']} {each['metadata']['name']}": fixed(each)
        for each in sorted(render("everything"), key=lambda each: (each["kind"], each["metadata"]["name"]))
    }


def test_names_and_selectors_are_as_they_were() -> None:
    assert names() == yaml.safe_load(GOLDEN.read_text())


def test_no_selector_and_no_template_of_pods_tells_a_version() -> None:
    """An upgrade that changes nothing else restarts nothing."""
    for each in render("everything"):
        labels = each.get("spec", {}).get("template", {}).get("metadata", {}).get("labels", {})
        assert not set(VERSIONED) & labels.keys(), each["metadata"]["name"]
        assert not any(label in str(fixed(each)) for label in VERSIONED)


@pytest.mark.parametrize("release", ["r", "a-very-long-release-name-of-as-many-letters-as-it-gets"[:53]])
def test_names_are_short_enough_for_what_kubernetes_makes_of_them(release: str) -> None:
    text = helm("template", release, str(CHART), *values_of("everything"))
    for each in filter(None, yaml.safe_load_all(text)):
        # A StatefulSet's pods have a label of its name, a dash and a hash.
        most = 52 if each["kind"] == "StatefulSet" else 63
        assert len(each["metadata"]["name"]) <= most, each["kind"]


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(yaml.safe_dump(names(), sort_keys=False))
