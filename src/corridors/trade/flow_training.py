"""Training the forecaster of flows on the panel, from every origin with only what was known by then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from corridors.data import panel
from corridors.data.panel import Panel
from corridors.runtime import cores
from corridors.runtime.cache import kept
from corridors.trade import flow_targets
from corridors.trade.flow_forecast import Examples, Forecaster, prior, train, with_errors

Array = npt.NDArray[np.float64]

LONGEST_TRAINED = 15
FIRST_RECONCILED = 2017
"""From this year on the panel is reconciled from both sides; before, it is what exporters reported."""


@dataclass(frozen=True)
class Trained:
    """What projections need: the forecaster of today, and the targets of the panel's last year.

    ``ln_target`` (N, N) and ``sigma``, the spread of ln trade about it; ``previous`` (N, N) the
    residual of the observation before the last, ``ln_previous`` its ln trade;
    ``direction_correlation`` of the errors of a pair's two directions.
    """

    forecaster: Forecaster
    ln_target: Array
    sigma: float
    previous: Array
    ln_previous: Array
    direction_correlation: float


@lru_cache(maxsize=1)
@kept
def trained() -> Trained:
    """The forecaster trained on the whole panel, its errors those of all forecasts from earlier origins."""
    world = panel.load()
    targets, sigma = flow_targets.ln_targets(world)
    known = _known(world, targets)
    medians = _medians(known, len(world.years))
    past = _forecasts(world, targets, known, medians[:-1], None)
    # today's has the errors of all forecasts that a trained one made
    forecaster = _with_errors(medians[-1], past, world)
    before = len(world.years) - 2
    with np.errstate(divide="ignore", invalid="ignore"):
        ln_previous = _finite(np.log(world.trade[before]))
    return Trained(
        forecaster,
        targets[-1],
        sigma,
        ln_previous - targets[before],
        ln_previous,
        _direction_correlation(past),
    )


def examples(world: Panel, targets: Array, k: int, end: int, ln_growth: Array | None = None) -> Examples:
    """Every pair that trades in the ``k``-th year, with its outcome in year ``end``.

    ``targets`` (Y, N, N) of :func:`corridors.trade.flow_targets.ln_targets`. ``ln_growth`` (N,)
    replaces the known growth of ln GDP (for forecasts of GDP). Pairs without geography or GDP are
    left out.
    """
    origin = world.years[k]
    flow, target = world.trade[k], targets[k]
    after = world.trade[world.years.index(end)] if end in world.years else np.full_like(flow, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        l0, l1 = _finite(np.log(flow)), _finite(np.log(after))
        before = _finite(np.log(world.trade[k - 1])) if k else np.full_like(flow, np.nan)
    growth = world.ln_gdp(end) - world.ln_gdp(origin) if ln_growth is None else ln_growth
    past = before - targets[k - 1] if k else before
    shut = flow_targets.closed(world, origin)
    use = np.isfinite(l0) & np.isfinite(target) & np.isfinite(growth)[:, None] & np.isfinite(growth)
    i, j = (np.asarray(v, dtype=np.int64) for v in np.nonzero(use))
    n = len(i)
    return Examples(
        i, j, np.full(n, float(end - origin)), l0[i, j], target[i, j],
        np.where(shut, 0.0, l0 - target)[i, j], np.where(shut & np.isfinite(past), 0.0, past)[i, j],
        (l0 - before)[i, j],
        growth[i], growth[j], np.full(n, float(origin < FIRST_RECONCILED <= end)), (l1 - l0)[i, j],
    )  # fmt: skip


@dataclass(frozen=True)
class Forecast:
    """One origin and horizon: examples with known outcomes, the forecaster of that day, and its errors (n,)."""

    origin: int
    end: int
    examples: Examples
    forecaster: Forecaster
    error: Array

    @property
    def horizon(self) -> int:
        """Years ahead."""
        return self.end - self.origin


def spans(world: Panel) -> list[tuple[int, int]]:
    """Positions of origin and end of every forecast that the panel can judge, at most :data:`LONGEST_TRAINED` years."""
    n = len(world.years)
    return [(a, b) for a in range(n) for b in range(a + 1, n) if world.years[b] - world.years[a] <= LONGEST_TRAINED]


def forecasts(world: Panel, targets: Array, growth: Mapping[tuple[int, int], Array] | None = None) -> list[Forecast]:
    """Forecasts from every origin, each trained, and its errors measured, on what had come by then.

    ``growth`` (N,) by origin and end replaces the known growth of GDP in what is forecast, not in
    what is trained on.
    """
    known = _known(world, targets)
    return _forecasts(world, targets, known, _medians(known, len(world.years) - 1), growth)


def _known(world: Panel, targets: Array) -> dict[tuple[int, int], Examples]:
    """Every pair of years' examples."""
    return {(a, b): examples(world, targets, a, world.years[b]) for a, b in spans(world)}


def _medians(known: Mapping[tuple[int, int], Examples], years: int) -> list[Forecaster]:
    """The forecaster of each year, trained on what had come by then; no errors yet."""

    def trained_by(a: int, end: int) -> dict[str, Array]:
        return {"b": train([e for (_, last), e in known.items() if last <= a]).coefficients[None]}

    found = cores.fill({"b": prior().coefficients.shape}, years, 1, trained_by)
    return [replace(prior(), coefficients=b) for b in found["b"]]


def _forecasts(
    world: Panel, targets: Array, known: Mapping[tuple[int, int], Examples], medians: Sequence[Forecaster],
    growth: Mapping[tuple[int, int], Array] | None,
) -> list[Forecast]:  # fmt: skip
    made: list[Forecast] = []
    for a, median in enumerate(medians):
        past = [f for f in made if f.end <= world.years[a]]
        forecaster = _with_errors(median, past, world)
        for origin, end in known:
            if origin != a:
                continue
            e = known[origin, end]
            if growth is not None:
                e = examples(world, targets, a, world.years[end], growth[origin, end])
            e = e.subset(np.isfinite(e.outcome))
            made.append(
                Forecast(
                    world.years[a], world.years[end], e, forecaster, e.outcome - forecaster.median(e)
                )
            )
    return made


def _with_errors(median: Forecaster, past: Sequence[Forecast], world: Panel) -> Forecaster:
    """With the errors of ``past`` forecasts; the first year's was not trained."""
    judged = [f for f in past if f.origin > world.years[0]]
    return with_errors(
        median, [(f.examples, f.error) for f in judged], len({f.origin for f in judged})
    )


def _direction_correlation(past: list[Forecast]) -> float:
    """Correlation of the errors of a pair's two directions, over flows above ten million dollars."""
    pairs = []
    for f in past:
        size = int(max(f.examples.i.max(), f.examples.j.max())) + 1
        table = np.full((size, size), np.nan)
        large = f.examples.ln_trade > np.log(10.0)
        table[f.examples.i[large], f.examples.j[large]] = (
            f.error[large] / f.forecaster.spread(f.examples)[large]
            if f.forecaster.banded
            else f.error[large]
        )
        both = np.isfinite(table) & np.isfinite(table.T)
        pairs.append(np.column_stack([table[both], table.T[both]]))
    joined = np.concatenate(pairs)
    return float(np.clip(np.corrcoef(joined.T)[0, 1], 0.0, 0.95))


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)
