"""General equilibrium: ours and gegravity on its own sample, thousands of counterfactuals, and growth with size.

``python -m benchmarks.equilibrium``. Times are the fastest of several calls in one run; the large batch runs in a fresh
process, so that its peak memory is its own. ``python -m benchmarks equilibrium`` draws the growth as well.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from benchmarks.timing import fastest
from corridors.show import theme
from corridors.show.charts import draw

SHARED = Path(os.environ.get("CORRIDORS_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"
ECONOMIES = 166
DRAWS = 4_096
SIZES = (20, 40, 60, 80, 120, 166)
FIT_FROM = 60
"""Economies from which on the power of growth is fitted: below, much of the time is the same for any number."""
SMALL_BATCH = 64
COSTS = ["lndist", "contiguity", "common_language", "pta", "international"]

# What a fresh process does: every cost of the world changes, differently in every draw.
_BATCH = """
import json, resource, sys, tempfile, time
import numpy as np
from corridors.trade import world
from corridors.equilibrium import counterfactuals
n, draws = int(sys.argv[1]), int(sys.argv[2])
trade = world.base_matrix().iloc[:n, :n]
rng = np.random.default_rng(1)
with tempfile.TemporaryDirectory() as folder:
    factors = np.memmap(folder + "/factors", dtype=float, mode="w+", shape=(draws, n, n))
    for k in range(0, draws, 64):
        factors[k : k + 64] = np.exp(rng.normal(-0.02, 0.1, (min(64, draws - k), n, n)))
    start = time.perf_counter()
    out = counterfactuals(trade, factors, rng.uniform(3, 8, draws))
    seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"s": seconds, "peak_mb": peak / 1e3, "residual": float(out.residual.max())}))
"""


def run() -> list[dict[str, Any]]:
    """Rows with name, ours_s, peer, peer_s, ratio (peer over ours; missing without a peer) and note."""
    return [_gegravity(), *growth(), _few_pairs(), *_sectors(), _batch()]


def growth(sizes: tuple[int, ...] = SIZES) -> list[dict[str, Any]]:
    """A full equilibrium with all costs changed for growing numbers of economies, alone and as one of a batch.

    These rows have ``economies`` and ``batch`` (1: alone) as well, for :func:`drawing`.
    """
    from corridors.equilibrium import counterfactual, counterfactuals
    from corridors.trade import world

    whole = world.base_matrix()
    alone, together = [], []
    for n in sizes:
        trade = whole.iloc[:n, :n]
        factor = _all_costs(trade)
        seconds, out = fastest(lambda t=trade, f=factor: counterfactual(t, f), 9)  # type: ignore[misc]
        row = _row(f"full equilibrium, {n} economies, every cost changed", seconds, f"residual {out.residual:.0e}")
        alone.append(row | {"economies": n, "batch": 1})
        rng = np.random.default_rng(n)
        factors, theta = np.exp(rng.normal(-0.02, 0.1, (SMALL_BATCH, n, n))), rng.uniform(3, 8, SMALL_BATCH)
        seconds, many = fastest(lambda t=trade, f=factors, e=theta: counterfactuals(t, f, e), 3)  # type: ignore[misc]
        row = _row(
            f"each of {SMALL_BATCH} full equilibria in one call, {n} economies, every cost changed",
            seconds / SMALL_BATCH, f"largest residual {many.residual.max():.0e}",
        )  # fmt: skip
        together.append(row | {"economies": n, "batch": SMALL_BATCH})
    return alone + together


def power(economies: Sequence[int], seconds: Sequence[float]) -> tuple[float, float]:
    """(p, c) of seconds = c * economies ** p by least squares of logarithms, from ``FIT_FROM`` economies on."""
    x, y = np.log(economies), np.log(seconds)
    large = np.asarray(economies) >= FIT_FROM
    slope, level = np.polyfit(x[large], y[large], 1)
    return float(slope), float(np.exp(level))


@draw.chart
def drawing(rows: Sequence[Mapping[str, Any]]) -> str:
    """Growth with size as an SVG, out of the rows that :func:`growth` gave (others are passed over)."""
    lines: dict[int, list[tuple[int, float]]] = {}
    for row in rows:
        if "economies" in row:
            lines.setdefault(int(row["batch"]), []).append((int(row["economies"]), float(row["ours_s"])))
    figure = draw.canvas(3.4)
    figure.add_artist(Rectangle((0, 0), 1, 1, transform=figure.transFigure, color=theme.LIGHT["paper"], zorder=-5))
    ax = draw.panel(figure, right=1.75, top=0.42, bottom=0.45)
    ax.set_xscale("log")
    ax.set_yscale("log")
    told = []
    for colour, (batch, points) in zip((theme.LIGHT["scenario"], theme.LIGHT["gain"]), sorted(lines.items()), strict=False):
        economies, seconds = zip(*sorted(points), strict=True)
        slope, level = power(economies, seconds)
        ends = np.array([FIT_FROM, economies[-1]], dtype=float)
        ax.plot(economies, seconds, color=colour, linewidth=0.9, linestyle=(0, (1, 2)))
        ax.plot(ends, level * ends**slope, color=colour)
        ax.plot(economies, seconds, "o", color=colour, markersize=4.5, markeredgecolor=theme.LIGHT["paper"], markeredgewidth=0.8)
        name = "alone" if batch == 1 else f"each of {batch} in one call"
        last = level * ends[-1] ** slope
        draw.text(ax, ends[-1], last, name, colour, dx=10, dy=7, bold=True)
        draw.text(ax, ends[-1], last, f"{_milliseconds(seconds[-1])}; from {FIT_FROM} on", theme.LIGHT["muted"], dx=10, dy=-4)
        draw.text(ax, ends[-1], last, f"grows with the power {slope:.1f}", theme.LIGHT["muted"], dx=10, dy=-14)
        told.append(f"{name}: time grows with the power {slope:.1f}")
    sizes = sorted({economies for points in lines.values() for economies, _ in points})
    times = [seconds for points in lines.values() for _, seconds in points]
    ax.set_xlim(sizes[0] / 1.12, sizes[-1] * 1.06)
    ax.set_ylim(min(times) / 1.5, max(times) * 1.5)
    ax.xaxis.set_major_locator(FixedLocator(sizes))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    steps = [m * 10.0**e for e in range(-6, 3) for m in (1, 2, 5)]
    ax.yaxis.set_major_locator(FixedLocator([step for step in steps if min(times) / 1.5 <= step <= max(times) * 1.5]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _milliseconds(value)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("economies")
    draw.heading(ax, "A full equilibrium, every cost changed: time by number of economies", bold=True, dx=-30, dy=14)
    words = "Growth of a general equilibrium with the number of economies. " + "; ".join(told) + "."
    return theme.figure_svg(figure).replace("<svg ", f'<svg role="img" aria-label="{words}" ', 1)


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.2g} ms" if seconds < 0.0995 else f"{1e3 * seconds:,.0f} ms"


def _gegravity() -> dict[str, Any]:
    name = "full equilibrium, gegravity's sample of 30 economies, an agreement between Canada and Japan"
    sample = SHARED / "gegravity_sample_2006.csv"
    if not sample.exists():
        return _row(name, float("nan"), f"not measured: {sample.name} is not there", "gegravity")
    from corridors.equilibrium import counterfactual
    from corridors.gravity import ppml

    frame = pd.read_csv(sample)
    fit = ppml(frame, "trade", COSTS, ["exporter", "importer"])
    simulated, peer_s = _simulated(frame, fit.coefficients, fit.standard_errors)
    flows = simulated.bilateral_trade_results.reset_index()
    trade = flows.pivot(index="exporter", columns="importer", values="baseline modeled trade")
    factor = pd.DataFrame(1.0, trade.index, trade.columns)
    factor.loc["CAN", "JPN"] = factor.loc["JPN", "CAN"] = np.exp(-fit.coefficients["pta"] / 4.0)
    ours_s, ours = fastest(lambda: counterfactual(trade, factor, 4.0), 9)
    theirs = simulated.country_results["GDP change (percent)"].reindex(trade.index)
    largest = (theirs - ours.real_gdp_percent).abs().max()
    left = flows.pivot(index="exporter", columns="importer", values="experiment trade").sum(axis=1)
    asked = trade.sum(axis=1) * (1 + simulated.country_results["output change (percent)"].reindex(trade.index) / 100)
    note = (
        f"markets uncleared by {ours.residual:.0e} (ours) and {float((left / asked - 1).abs().max()):.0e}; "
        f"real GDP differs by {largest:.3f} points at most"
    )
    return {
        "name": name, "ours_s": ours_s, "peer": "gegravity", "peer_s": peer_s, "ratio": peer_s / ours_s, "note": note,
    }  # fmt: skip


def _simulated(frame: pd.DataFrame, coefficients: pd.Series, errors: pd.Series) -> tuple[Any, float]:
    """gegravity's model after its simulation, and the seconds of the fastest of three simulations."""
    import gegravity

    estimates = pd.DataFrame({"var": COSTS, "coeff": coefficients.to_numpy(), "ste": errors.to_numpy()})
    costs = gegravity.CostCoeffs(estimates, identifier_col="var", coeff_col="coeff", stderr_col="ste")
    best = np.inf
    for _ in range(3):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            base = gegravity.BaselineData(frame, trade_var_name="trade", output_var_name="Y", expend_var_name="E")
            model = gegravity.OneSectorGE(
                baseline=base, year="2006", reference_importer="DEU", sigma=5, cost_variables=COSTS,
                cost_coeff_values=costs, quiet=True,
            )  # fmt: skip
            # the first of its scalings that solves the baseline of this sample
            model.build_baseline(omr_rescale=1, imr_rescale=0.1)
            experiment = base.baseline_data.copy()
            both = experiment["exporter"].isin(["CAN", "JPN"]) & experiment["importer"].isin(["CAN", "JPN"])
            experiment.loc[both & (experiment["exporter"] != experiment["importer"]), "pta"] = 1
            model.define_experiment(experiment)
            start = time.perf_counter()
            model.simulate()
            best = min(best, time.perf_counter() - start)
    return model, float(best)


def _few_pairs() -> dict[str, Any]:
    from corridors.equilibrium import respond
    from corridors.trade import world

    trade = world.base_matrix().iloc[:ECONOMIES, :ECONOMIES]
    names = list(trade.index[:20])
    pairs = [(a, b) for a in names for b in names if a != b]
    rng = np.random.default_rng(1)
    factors, theta = np.exp(rng.normal(-0.02, 0.1, (DRAWS, len(pairs)))), rng.uniform(3, 8, DRAWS)
    seconds, out = fastest(lambda: respond(trade, pairs, factors, theta, closure="full"), 1)
    return _row(
        f"{DRAWS:,} full equilibria of {ECONOMIES} economies, {len(pairs)} pairs shocked", seconds,
        f"largest residual {out.residual.max():.0e}",
    )  # fmt: skip


def _sectors() -> list[dict[str, Any]]:
    """Thousands of draws of a shock to 20 pairs with all sectors and inputs, and how that compares with one sector."""
    from corridors.equilibrium import respond_sectors, sector_world
    from corridors.trade import sectors

    whole = sectors.base_world()
    one = sector_world({"all": pd.DataFrame(whole.flows.sum(axis=0), whole.labels, whole.labels)}, np.array([[0.45]]))
    names = [n for n in ("PAK", "RUS", "KAZ", "UZB", "IRN") if n in whole.labels]
    pairs = [(a, b) for a in names for b in names if a != b]
    rng = np.random.default_rng(1)
    factors = np.exp(-np.abs(rng.normal(0, 0.05, (DRAWS, len(pairs), len(whole.names)))))
    factors[:, :, -1] = 1.0
    theta = rng.uniform(2, 7, (DRAWS, 1)) * np.exp(rng.normal(0, 0.2, (DRAWS, len(whole.names))))
    many, out = fastest(lambda: respond_sectors(whole, pairs, factors, theta), 1)
    single, _ = fastest(lambda: respond_sectors(one, pairs, factors[:, :, :1], theta[:, :1]), 1)
    size = f"{DRAWS:,} full equilibria of {len(whole.labels)} economies, {len(pairs)} pairs shocked"
    return [
        _row(
            f"{size}, {len(whole.names)} sectors with inputs", many,
            f"{many / single:.1f} times one sector; largest residual {out.residual.max():.0e}",
        ),
        _row(f"{size}, one sector with inputs", single, ""),
    ]  # fmt: skip


def _batch() -> dict[str, Any]:
    command = [sys.executable, "-c", _BATCH, str(ECONOMIES), str(DRAWS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    return _row(
        f"{DRAWS:,} full equilibria of {ECONOMIES} economies, every pair shocked", result["s"],
        f"peak memory {result['peak_mb']:,.0f} MB, largest residual {result['residual']:.0e}",
    )  # fmt: skip


def _all_costs(trade: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(len(trade))
    return pd.DataFrame(np.exp(rng.normal(-0.02, 0.1, trade.shape)), trade.index, trade.columns)


def _row(name: str, ours_s: float, note: str, peer: str = "") -> dict[str, Any]:
    return {"name": name, "ours_s": ours_s, "peer": peer, "peer_s": None, "ratio": None, "note": note}


if __name__ == "__main__":
    print(pd.DataFrame(run()).to_string(index=False))
