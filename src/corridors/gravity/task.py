"""One estimation, laid out and in units in which nothing overflows or vanishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..errors import EstimationError
from .absorb import Absorber
from .groups import Layout, arrange
from .sample import Factor, Sample

# Of the largest value of a covariate: what differs by less is the same number, but for rounding.
_NO_VARIATION = 1e-14


@dataclass(frozen=True)
class Task:
    """One estimation, laid out. ``design`` (covariates, rows) = (given - ``middle``) / ``scale`` with the middle of
    positive rows; ``outcome`` = given / ``unit`` and ``weights`` = given / ``weight_unit`` (powers
    of two)."""

    sample: Sample
    rows: np.ndarray
    layout: Layout
    absorber: Absorber | None
    factors: tuple[Factor, ...]
    clusters: tuple[Factor, ...]
    outcome: np.ndarray
    unit: float
    weights: np.ndarray
    weight_unit: float
    offset: np.ndarray | None
    design: np.ndarray
    middle: np.ndarray
    scale: np.ndarray

    @cached_property
    def cells(self) -> np.ndarray:
        """``design`` (covariates, cells)."""
        return self.layout.to_cells(self.design)

    @property
    def positive(self) -> np.ndarray:
        return self.outcome > 0

    def given(self, kept: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """A and A^-T, (k, k), of X = A X' that makes given covariates of standard ones; so b = A^-T b'."""
        scale, middle = self.scale[kept], self.middle[kept]
        there, back = np.diag(scale), np.diag(1 / scale)
        if not self.factors:
            constant = [self.sample.names[k] for k in kept].index("constant")
            there[:, constant] += middle
            back[constant] -= middle / scale
        return there, back


def prepare(sample: Sample, rows: np.ndarray, path: str) -> Task:
    """The estimation on ``rows`` of ``sample``, laid out along ``path`` and scaled by powers of two."""
    everything = rows.size == sample.outcome.size

    def cut(values: np.ndarray) -> np.ndarray:
        return values if everything else values[..., rows]

    factors = tuple(replace(f, codes=cut(f.codes)) for f in sample.factors)
    layout = arrange(factors, {name: cut(codes) for name, (codes, _) in sample.columns.items()}, path)
    if path == "dense" and layout.path != "dense":
        raise EstimationError(
            "path is 'dense', but the rows do not fill a tensor of the columns under fixed_effects "
            "(too many holes, or several rows in one cell); use path='auto'"
        )
    outcome, unit = _in_units(cut(sample.outcome))
    weights, weight_unit = (np.ones_like(outcome), 1.0) if sample.weights is None else _in_units(cut(sample.weights))
    design, middle, scale = _standard(cut(sample.design), sample.names, outcome > 0)
    return Task(
        sample, rows, layout, Absorber(layout) if factors else None, factors,
        tuple(replace(c, codes=cut(c.codes)) for c in sample.clusters),
        outcome, unit, weights, weight_unit, None if sample.offset is None else cut(sample.offset),
        design, middle, scale,
    )  # fmt: skip


def _in_units(values: np.ndarray) -> tuple[np.ndarray, float]:
    """Values as multiples of the power of two next to the largest."""
    unit = float(2.0 ** np.floor(np.log2(values.max())))
    return values / unit, unit


def _standard(
    design: np.ndarray, names: Sequence[str], positive: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Covariates less their mean over positive rows, in units of their size: (design, middle, scale).

    The constant, in the line named so, takes up the means; with fixed effects these do.
    """
    if not design.size:
        return design, np.zeros(0), np.ones(0)
    largest = np.abs(design).max(axis=1)
    size = 2.0 ** np.floor(np.log2(np.where(largest > 0, largest, 1.0)))
    line = design / size[:, None]
    middle = line[:, positive].mean(axis=1)
    middle[[n == "constant" for n in names]] = 0.0
    line = line - middle[:, None]
    line[np.abs(line).max(axis=1) <= _NO_VARIATION] = 0.0
    spread = np.sqrt((line**2).mean(axis=1))
    spread = np.where(spread > 0, spread, 1.0)
    return line / spread[:, None], middle * size, spread * size
