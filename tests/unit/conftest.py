"""What holds for all unit tests: hypothesis never judges a rule by how long a machine takes for it."""

from hypothesis import HealthCheck, settings

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
