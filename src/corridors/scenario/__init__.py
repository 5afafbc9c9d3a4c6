"""Scenarios: a question written down in one YAML file, read safely and checked completely."""

from corridors.scenario.model import (
    DEFAULTS,
    FRICTION_LIMITS,
    FRICTION_UNITS,
    MAX_MEASURES,
    MAX_YEARS,
    RESERVED,
    Appraisal,
    Friction,
    InvalidScenario,
    Mistake,
    Scenario,
    Target,
    Uncertainty,
    defaults,
    load,
    load_all,
    names,
    parse,
)

__all__ = [
    "DEFAULTS", "FRICTION_LIMITS", "FRICTION_UNITS", "MAX_MEASURES", "MAX_YEARS", "RESERVED", "Appraisal", "Friction", "InvalidScenario", "Mistake",
    "Scenario", "Target", "Uncertainty", "defaults", "load", "load_all", "names", "parse",
]  # fmt: skip
