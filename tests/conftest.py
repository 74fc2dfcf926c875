"""For all tests: no property is timed, since other work may share the machine."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
