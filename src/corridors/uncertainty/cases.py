"""Some cases of results that hold many: frozen dataclasses whose arrays have the cases along their first axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")


def taken(found: T, rows: npt.NDArray[np.intp], cases: int) -> T:
    """The cases ``rows`` of something of ``cases`` cases: of all its arrays that have so many, also
    of those in its parts."""

    def some(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return value[rows] if value.shape[:1] == (cases,) else value
        return taken(value, rows, cases) if is_dataclass(value) else value

    parts = {f.name: some(getattr(found, f.name)) for f in fields(found)}  # type: ignore[arg-type]
    return replace(found, **parts)  # type: ignore[type-var]


def joined(found: Sequence[T]) -> T:
    """Results of some cases each as one of all: arrays one after the other, also those of their parts, None where one is
    missing; of anything else the first's."""

    def whole(values: Sequence[Any]) -> Any:
        if any(value is None for value in values):
            return None
        if isinstance(values[0], np.ndarray):
            return np.concatenate(values)
        return joined(values) if is_dataclass(values[0]) else values[0]

    parts = {f.name: whole([getattr(one, f.name) for one in found]) for f in fields(found[0])}  # type: ignore[arg-type]
    return replace(found[0], **parts)  # type: ignore[type-var]
