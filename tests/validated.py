"""A validation of which a test looks at some tables: the others are there, without rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from corridors.validation.checks import ValidationResult
from corridors.validation.result_tables import TABLES


def validated(tables: Mapping[str, pd.DataFrame], summary: Mapping[str, Any] | None = None) -> ValidationResult:
    """``tables`` by name, and what was counted."""
    return ValidationResult({**{name: schema.empty() for name, schema in TABLES.items()}, **tables}, summary or {})
