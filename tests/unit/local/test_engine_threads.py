"""How many threads an engine gets on one machine."""

import pytest

from dolmetsch_local.engines import threads_of, usable_cpus


@pytest.mark.parametrize(("cpus", "threads"), [(1, 1), (2, 1), (3, 1), (4, 2), (8, 4), (64, 4)])
def test_an_engine_takes_half_of_a_machine_at_most(cpus: int, threads: int) -> None:
    assert threads_of(cpus) == threads


def test_a_machine_has_a_cpu() -> None:
    assert usable_cpus() >= 1
