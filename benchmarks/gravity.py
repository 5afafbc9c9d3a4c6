"""Poisson pseudo-maximum likelihood with fixed effects: ours and pyfixest on the same rows, in one run.

``python -m benchmarks.gravity``. First fits are timed in fresh processes, import included, data already in memory.
Later fits are the fastest of several. Each row also says how far the two sets of estimates are apart.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.timing import fastest

COVARIATES = ["ln_distance", "contiguous", "common_language", "colonial_link", "trade_agreement"]
TWO_WAY = ["exporter", "importer"]
THREE_WAY = ["exporter^year", "importer^year", "exporter^importer"]

# What a fresh process does: read the rows, then import and fit against the clock.
_FIRST = """
import json, sys, time
import numpy, pandas
frame = pandas.read_pickle(sys.argv[2])
covariates = {covariates!r}
start = time.perf_counter()
if sys.argv[1] == "ours":
    from corridors.gravity import ppml
    fit = ppml(frame, "trade_musd", covariates, ["exporter", "importer"], ["exporter", "importer"])
    errors = fit.standard_errors
else:
    import pyfixest
    fit = pyfixest.fepois("trade_musd ~ " + " + ".join(covariates) + " | exporter + importer", data=frame,
                          vcov={{"CRV1": "exporter+importer"}})
    errors = fit.se()
print(json.dumps({{"s": time.perf_counter() - start, "errors": list(map(float, errors))}}))
"""


def run() -> list[dict[str, Any]]:
    """Rows with name, ours_s, peer, peer_s, ratio (peer over ours) and note."""
    from corridors.trade import missing_trade

    year = missing_trade.sample_of_year(2016)
    return [_first_fit(year), _one_year(year), _three_way()]


def three_way_panel(economies: int = 150, years: int = 20, seed: int = 1) -> pd.DataFrame:
    """A made-up balanced panel with pair effects, agreements coming into force, and 5 % zeros."""
    rng = np.random.default_rng(seed)
    i, j, t = np.meshgrid(np.arange(economies), np.arange(economies), np.arange(years), indexing="ij")
    start = rng.integers(0, 2 * years, (economies, economies))
    agreement = (t >= start[i, j]).astype(float)
    other = rng.normal(size=i.shape)
    ln_mean = (
        rng.normal(size=(economies, economies, 1)) + 0.5 * agreement + 0.1 * other
        + 0.5 * rng.normal(size=(economies, 1, years)) + 0.5 * rng.normal(size=(1, economies, years))
    )  # fmt: skip
    trade = np.exp(ln_mean) * rng.lognormal(-0.125, 0.5, i.shape) * (rng.random(i.shape) >= 0.05)
    return pd.DataFrame(
        {
            "exporter": i.ravel(), "importer": j.ravel(), "year": t.ravel(), "trade": trade.ravel(),
            "agreement": agreement.ravel(), "other": other.ravel(), "pair": (i * economies + j).ravel(),
        }
    )  # fmt: skip


def _first_fit(frame: pd.DataFrame) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.pickle"
        frame.to_pickle(rows)
        ours, peer = ([_fresh(who, rows) for _ in range(3)] for who in ("ours", "pyfixest"))
    apart = np.max(np.abs(np.array(ours[0]["errors"]) / np.array(peer[0]["errors"]) - 1))
    return _row(
        f"first fit in a fresh process, one year of the world panel ({len(frame):,} rows), import and s.e. included",
        min(r["s"] for r in ours), min(r["s"] for r in peer), f"standard errors within {apart:.0e}",
    )  # fmt: skip


def _one_year(frame: pd.DataFrame) -> dict[str, Any]:
    import pyfixest

    from corridors.gravity import ppml

    formula = f"trade_musd ~ {' + '.join(COVARIATES)} | exporter + importer"
    ours_s, ours = fastest(lambda: ppml(frame, "trade_musd", COVARIATES, TWO_WAY, TWO_WAY), 7)
    peer_s, peer = fastest(lambda: pyfixest.fepois(formula, data=frame, vcov={"CRV1": "exporter+importer"}), 5)
    return _row(f"the same fit again, once compiled ({len(frame):,} rows)", ours_s, peer_s, _apart(ours, peer))


def _three_way() -> dict[str, Any]:
    import pyfixest

    from corridors.gravity import ppml

    frame = three_way_panel()
    formula = f"trade ~ agreement + other | {' + '.join(THREE_WAY)}"
    ours_s, ours = fastest(lambda: ppml(frame, "trade", ["agreement", "other"], THREE_WAY, "exporter^importer"), 5)
    peer_s, peer = fastest(lambda: pyfixest.fepois(formula, data=frame, vcov={"CRV1": "pair"}), 3)
    return _row(f"three-way panel 150 x 150 x 20 ({len(frame):,} rows), once compiled", ours_s, peer_s, _apart(ours, peer))


def _fresh(who: str, rows: Path) -> dict[str, Any]:
    code = _FIRST.format(covariates=COVARIATES)
    done = subprocess.run([sys.executable, "-c", code, who, str(rows)], capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _apart(ours: Any, peer: Any) -> str:
    names = list(ours.coefficients.index)
    coefficients = np.abs(ours.coefficients - peer.coef()[names]).max()
    errors = np.abs(ours.standard_errors / peer.se()[names] - 1).max()
    return f"coefficients within {coefficients:.0e}, standard errors within {errors:.0e}"


def _row(name: str, ours_s: float, peer_s: float, note: str) -> dict[str, Any]:
    return {
        "name": name, "ours_s": ours_s, "peer": "pyfixest", "peer_s": peer_s, "ratio": peer_s / ours_s, "note": note,
    }  # fmt: skip


if __name__ == "__main__":
    print(pd.DataFrame(run()).to_string(index=False))
