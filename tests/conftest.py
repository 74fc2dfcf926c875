"""For all tests: no property is timed, since other work may share the machine."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Programs that tests start keep their bytecode: without it each compiles some two hundred files before it begins.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
