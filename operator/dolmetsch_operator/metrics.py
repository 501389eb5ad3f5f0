"""Figures for Prometheus."""

from prometheus_client import Counter, Gauge

ROOMS = Gauge("dolmetsch_rooms", "Rooms by phase.", ["phase"])
CAPACITY = Gauge("dolmetsch_pool_capacity", "How many rooms can be active.")
ACTIVE = Gauge("dolmetsch_pool_active", "How many rooms are active.")
WARM = Gauge("dolmetsch_pool_warm", "Warm engines that can be claimed.")
LEADER = Gauge("dolmetsch_operator_leader", "1 while this operator holds the Lease.")
SEEN_AGE = Gauge("dolmetsch_operator_seen_age_seconds", "Seconds since the last full reading of all objects.")
HEALED = Counter(
    "dolmetsch_operator_lost_events", "Objects that a full reading found changed unseen.", ["kind"]
)
ENGINES = Gauge("dolmetsch_engines_heard", "Engines whose status connection is up.")
