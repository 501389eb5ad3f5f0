"""Alerts and dashboard name metrics and labels that the code has, and no others."""

import json
import re
from collections.abc import Iterator

from prometheus_client.metrics import MetricWrapperBase

from dolmetsch_api import metrics as api_metrics
from dolmetsch_operator import metrics as operator_metrics
from dolmetsch_worker import metrics as worker_metrics
from tests.chart.rendering import named, render

SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
FROM_SCRAPING = {"namespace", "pod"}
SELECTOR = re.compile(r"(dolmetsch_\w+)(?:\{([^}]*)\})?")
BY = re.compile(r"by \(([^)]*)\)")


def known() -> dict[str, set[str]]:
    """Return the labels of all metrics, by the names that Prometheus knows them by."""
    found: dict[str, set[str]] = {}
    for module in (api_metrics, operator_metrics, worker_metrics):
        for metric in vars(module).values():
            if isinstance(metric, MetricWrapperBase):
                (family,) = metric.describe()
                labels = set(metric._labelnames) | FROM_SCRAPING
                for suffix in SUFFIXES[family.type]:
                    bucket = {"le"} if suffix == "_bucket" else set()
                    found[f"{family.name}{suffix}"] = labels | bucket
    return found


def expressions() -> Iterator[str]:
    """Yield every expression of alerts and dashboard."""
    objects = render("everything")
    for group in named(objects, "PrometheusRule", "dolmetsch")["spec"]["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
    dashboard = json.loads(named(objects, "ConfigMap", "dolmetsch-dashboard")["data"]["dolmetsch.json"])
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from (each["query"] for each in dashboard["templating"]["list"] if each["type"] == "query")


def test_metrics_are_found_in_the_code() -> None:
    assert known()["dolmetsch_worker_attempts_total"] >= {"outcome", "backend"}
    assert "le" in known()["dolmetsch_worker_backend_seconds_bucket"]
    assert known()["dolmetsch_api_sockets"] == {"role", *FROM_SCRAPING}


def test_expressions_name_metrics_and_labels_that_exist() -> None:
    found = list(expressions())
    assert len(found) > 20
    for expression in found:
        check(expression, known())


def check(expression: str, metrics: dict[str, set[str]]) -> None:
    named_here = SELECTOR.findall(expression)
    assert named_here
    labels = {label.split("=")[0].strip() for _, matchers in named_here for label in matchers.split(",")}
    labels |= {label.strip() for group in BY.findall(expression) for label in group.split(",")}
    for metric, _ in named_here:
        assert metric in metrics, f"{metric} is not in the code: {sorted(metrics)}"
    allowed = set.union(*(metrics[metric] for metric, _ in named_here))
    assert labels - {""} <= allowed


def test_the_autoscaler_goes_by_a_metric_that_exists() -> None:
    spec = named(render("autoscaling"), "HorizontalPodAutoscaler", "dolmetsch-api")["spec"]
    names = [each["pods"]["metric"]["name"] for each in spec["metrics"] if each["type"] == "Pods"]
    assert names
    assert set(names) <= known().keys()


def test_every_alert_says_what_it_means_for_people() -> None:
    (group,) = named(render("everything"), "PrometheusRule", "dolmetsch")["spec"]["groups"]
    for rule in group["rules"]:
        assert rule["annotations"]["summary"].endswith((".", "?", "`."))
        assert rule["labels"]["severity"] in ("warning", "critical")
