"""General equilibrium: ours and gegravity on its own sample, thousands of counterfactuals, and growth with size.

``python -m benchmarks.equilibrium``. Times are the fastest of several calls in one run; the batch runs in a fresh
process, so that its peak memory is its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.timing import fastest

SHARED = Path(os.environ.get("CORRIDORS_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"
ECONOMIES = 166
DRAWS = 4_096
SIZES = (20, 40, 80, 120, 166)
COSTS = ["lndist", "contiguity", "common_language", "pta", "international"]

# What a fresh process does: every cost of the world changes, differently in every draw.
_BATCH = """
import json, resource, sys, tempfile, time
import numpy as np
from corridors import world
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
    return [_gegravity(), *growth(), _few_pairs(), _batch()]


def growth(sizes: tuple[int, ...] = SIZES) -> list[dict[str, Any]]:
    """One full equilibrium with all costs changed, for growing numbers of economies."""
    from corridors import world
    from corridors.equilibrium import counterfactual

    whole = world.base_matrix()
    rows = []
    for n in sizes:
        trade = whole.iloc[:n, :n]
        factor = _all_costs(trade)
        seconds, out = fastest(lambda t=trade, f=factor: counterfactual(t, f), 9)  # type: ignore[misc]
        rows.append(_row(f"full equilibrium, {n} economies, every cost changed", seconds, f"residual {out.residual:.0e}"))
    return rows


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
    from corridors import world
    from corridors.equilibrium import respond

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
