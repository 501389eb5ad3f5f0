"""The operator's figures as rows of the bench table."""

from __future__ import annotations

import asyncio
import statistics
import sys

from tests.cluster.binaries import missing

from bench.cluster import scale
from bench.latency import p

Row = tuple[str, str, str]
SINGLE = 40


def rows(pairs: int) -> list[Row]:
    """All figures, or one row that says why there are none."""
    if lacking := missing():
        return [
            ("operator at scale", f"not measured: {', '.join(lacking)} missing (`make cluster-binaries`)", "")
        ]
    sys.stderr.write(f"Operator beside a throw-away one: {pairs} pairs each\n")
    few = asyncio.run(scale.pairs(200, pairs))
    many = asyncio.run(scale.pairs(1000, pairs))
    single = asyncio.run(scale.one_by_one(SINGLE))
    lost = asyncio.run(scale.lost_pods(SINGLE))
    idle = [asyncio.run(scale.idle(200, 60)) for _ in range(pairs)]
    written = {resource: count for each in idle for resource, count in each[1].items()}
    return [
        ("200 Rooms from created to Ready", scale.ratio(few[0], few[1]), "ratio at most 1.0"),
        ("1,000 Rooms from created to Ready", scale.ratio(many[0], many[1]), "ratio at most 1.5"),
        ("the operator's memory with 1,000 Rooms, MB", f"{many[2]:.0f}", "250"),
        ("a Room to Ready with a warm engine, ms", _spread(single), "p95 150"),
        ("a lost pod asked for again, ms", _spread(lost), "p95 100"),
        ("share of a core, idle with 200 Rooms", f"{statistics.median(each[0] for each in idle):.1%}", "3%"),
        ("API writes in those minutes (leases: heartbeats)", _told(written), "none but leases"),
        (
            "settled after a restart with 200 Rooms, s",
            f"{statistics.median(each[2] for each in idle):.1f}",
            "3",
        ),
    ]


def _spread(seconds: list[float]) -> str:
    return f"p50 {p(seconds, 50) * 1e3:.0f}, p95 {p(seconds, 95) * 1e3:.0f} ({len(seconds)} times)"


def _told(written: dict[str, float]) -> str:
    return ", ".join(f"{resource} {count:.0f}" for resource, count in sorted(written.items())) or "none"
