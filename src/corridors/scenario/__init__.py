"""Scenarios: a question written down in one YAML file, read safely and checked completely."""

from corridors.scenario.loading import defaults, load, names, parse
from corridors.scenario.mistakes import InvalidScenario, Mistake
from corridors.scenario.model import (
    DEFAULTS,
    FRICTION_LIMITS,
    FRICTION_UNITS,
    MAX_MEASURES,
    MAX_YEARS,
    RESERVED,
    Appraisal,
    Friction,
    Scenario,
    Target,
    Uncertainty,
)

__all__ = [
    "DEFAULTS", "FRICTION_LIMITS", "FRICTION_UNITS", "MAX_MEASURES", "MAX_YEARS", "RESERVED",
    "Appraisal", "Friction", "InvalidScenario", "Mistake",
    "Scenario", "Target", "Uncertainty", "defaults", "load", "names", "parse",
]  # fmt: skip
