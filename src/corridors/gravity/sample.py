"""From a data frame to the arrays of an estimation: checked, coded, and with every mistake named.

A mistake is told with the column, the row and what stands there, because a user who fits a
gravity model has ten thousand rows and cannot look for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import EstimationError, nearest


@dataclass(frozen=True)
class Factor:
    """A grouping of the rows: one fixed effect or one cluster dimension.

    ``codes`` (n,) integers 0..levels-1, ``parts`` the columns it interacts.
    """

    name: str
    parts: tuple[str, ...]
    codes: np.ndarray
    levels: int
    labels: pd.Index


@dataclass(frozen=True)
class Sample:
    """The arrays of one estimation. ``design`` is (covariates, rows): one contiguous line a covariate."""

    outcome: np.ndarray
    design: np.ndarray
    names: tuple[str, ...]
    factors: tuple[Factor, ...]
    clusters: tuple[Factor, ...]
    weights: np.ndarray | None
    offset: np.ndarray | None
    columns: dict[str, tuple[np.ndarray, pd.Index]]


def build(
    frame: pd.DataFrame,
    outcome: str,
    covariates: Sequence[str],
    fixed_effects: Sequence[str],
    cluster: Sequence[str],
    weights: str | None,
    offset: str | None,
) -> Sample:
    """Read the named columns of ``frame`` into a :class:`Sample`.

    Raises :class:`~corridors.errors.EstimationError` naming the first column that is missing, not a
    number, not finite, or (outcome, weights) negative.
    """
    if len(frame) == 0:
        raise EstimationError("the frame has no rows, so there is nothing to estimate")
    _no_doubles("covariates", covariates)
    _no_doubles("fixed_effects", fixed_effects)
    y = _numbers(frame, outcome, "outcome")
    _not_negative(frame, outcome, y, "trade flows are zero or more; a flow that was not reported has no row")
    names = list(covariates)
    design = np.empty((len(names), len(frame)))
    for line, name in enumerate(names):
        design[line] = _numbers(frame, name, "covariate")
    if not fixed_effects:
        names.append("constant")
        design = np.vstack([design, np.ones(len(frame))])
    weight = None
    if weights is not None:
        weight = _numbers(frame, weights, "weights")
        _not_negative(frame, weights, weight, "a weight is zero or more")
        if not weight.any():
            raise EstimationError(f"column {weights!r} (weights) is zero in every row")
    if not y.any():
        raise EstimationError(f"column {outcome!r} is zero in every row, so there is nothing to estimate")
    coded: dict[str, tuple[np.ndarray, pd.Index]] = {}
    factors = tuple(_factor(frame, name, "fixed effect", coded) for name in fixed_effects)
    clusters = tuple(_factor(frame, name, "cluster", coded) for name in cluster)
    return Sample(
        outcome=y,
        design=design,
        names=tuple(names),
        factors=factors,
        clusters=clusters,
        weights=weight,
        offset=None if offset is None else _numbers(frame, offset, "offset"),
        columns=coded,
    )


def combine(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, int]:
    """Codes of the interaction of two codings, numbered 0.. without gaps."""
    width = int(right.max()) + 1
    joint = left.astype(np.int64) * width + right
    return renumber(joint, (int(left.max()) + 1) * width)


def renumber(codes: np.ndarray, bound: int) -> tuple[np.ndarray, int]:
    """``codes`` below ``bound`` renumbered 0.. without gaps, and how many there are."""
    if bound <= 4 * codes.size + 1024:
        present = np.zeros(bound, dtype=bool)
        present[codes] = True
        new = np.cumsum(present) - 1
        return np.asarray(new[codes]), int(new[-1]) + 1
    found, inverse = np.unique(codes, return_inverse=True)
    return inverse.reshape(codes.shape), found.size


def _column(frame: pd.DataFrame, name: str, role: str) -> pd.Series:
    if name not in frame.columns:
        raise EstimationError(
            f"there is no column {name!r} ({role}) in the frame{nearest(name, map(str, frame.columns))}"
        )
    column = frame[name]
    if isinstance(column, pd.DataFrame):
        raise EstimationError(f"the frame has several columns named {name!r} ({role}); rename all but one")
    return column


def _numbers(frame: pd.DataFrame, name: str, role: str) -> np.ndarray:
    column = _column(frame, name, role)
    if not pd.api.types.is_numeric_dtype(column.dtype):
        numbers = pd.to_numeric(column, errors="coerce")
        wrong = np.flatnonzero(numbers.isna().to_numpy() & column.notna().to_numpy())
        if wrong.size:
            raise EstimationError(
                f"column {name!r} ({role}) is not numeric: {_row(frame, wrong[0])} holds {column.iloc[wrong[0]]!r}; "
                "convert it with pandas.to_numeric, or name a text column under fixed_effects instead"
            )
        column = numbers
    values = np.asarray(column.to_numpy(dtype=float, na_value=np.nan))
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        what = "is missing" if np.isnan(values[bad[0]]) else f"is {values[bad[0]]}"
        cure = (
            "the logarithm of zero, probably: check the column it was made from"
            if np.isinf(values[bad[0]])
            else "drop the row or fill the value"
        )
        raise EstimationError(
            f"column {name!r} ({role}) {what} in {_row(frame, bad[0])}"
            f"{_and_more(bad.size)}; every value must be a finite number ({cure})"
        )
    return values


def _not_negative(frame: pd.DataFrame, name: str, values: np.ndarray, why: str) -> None:
    bad = np.flatnonzero(values < 0)
    if bad.size:
        raise EstimationError(
            f"column {name!r} is negative in {_row(frame, bad[0])} ({values[bad[0]]:g}){_and_more(bad.size)}; {why}"
        )


def _factor(
    frame: pd.DataFrame, name: str, role: str, coded: dict[str, tuple[np.ndarray, pd.Index]]
) -> Factor:
    parts = tuple(part.strip() for part in name.split("^"))
    for part in parts:
        if part not in coded:
            column = _column(frame, part, role)
            codes, labels = pd.factorize(column, sort=True)
            missing = np.flatnonzero(codes < 0)
            if missing.size:
                raise EstimationError(
                    f"column {part!r} ({role}) is missing in {_row(frame, missing[0])}{_and_more(missing.size)}; "
                    "every row needs a label"
                )
            coded[part] = (codes, pd.Index(labels, name=part))
    codes, labels = coded[parts[0]]
    if len(parts) == 1:
        return Factor(name, parts, codes, len(labels), labels)
    for part in parts[1:]:
        codes, levels = combine(codes, coded[part][0])
    first = np.zeros(levels, dtype=np.int64)
    first[codes[::-1]] = np.arange(codes.size)[::-1]
    index = pd.MultiIndex.from_arrays([coded[p][1].take(coded[p][0][first]) for p in parts], names=parts)
    return Factor(name, parts, codes, levels, index)


def _no_doubles(argument: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise EstimationError(f"{argument} names {name!r} twice")
        seen.add(name)


def _row(frame: pd.DataFrame, position: int) -> str:
    label = frame.index[position]
    return f"row {position}" if label == position else f"row {position} (index {label!r})"


def _and_more(count: int) -> str:
    return f" and {count - 1} more rows" if count > 1 else ""
