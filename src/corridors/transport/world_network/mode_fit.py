"""Fit the constants of the mode model to published shares, with priors, and score it on pairs it has not seen.

The posterior mode of a hierarchical model: each published share ``s`` is the model's within a
normal error of :data:`NOISE` in log odds; constants have normal priors (:data:`PRIORS`, wide),
random effects of regions N(0, 0.5). A share that is a floor ("at least half by road") only counts
where the model is below it. Shares of an economy with the whole world are those of its partners,
weighted with trade. ``python -m corridors.transport.world_network.mode_fit`` writes
``data/world/mode_constants.csv``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import computed
from corridors.data import tables as data
from corridors.runtime import paths
from corridors.trade import world
from corridors.transport.world_network import mode_model
from corridors.transport.world_network.mode_model import (
    MODES,
    TERMS,
    Features,
    Goods,
    Stacked,
    regions,
)

Array = npt.NDArray[np.float64]

NOISE, REGIONAL, EDGE = 0.7, 0.5, 0.004
PRIORS: Mapping[str, tuple[float, float]] = {
    "kappa": (5.1, 2.0),  # route scale 30 times dissimilarity 0.17 (data/parameters.csv)
    "road": (0.0, 1.5), "rail": (-2.0, 1.5), "air": (0.0, 1.5), "road_border": (1.0, 1.0), "rail_border": (0.5, 1.0),
    "road_union": (0.3, 0.7), "road_length": (-0.5, 0.7), "rail_length": (0.0, 0.7),
    "air_length": (0.7, 0.4), "bulk_rail": (0.5, 0.7), "sea_landlocked": (-1.2, 0.7),
}  # fmt: skip
_MOST_PARTNERS = 40


@dataclass(frozen=True)
class Observation:
    """A published share: exporter, importer ("WLD": all partners), mode, unit, share, whether it is only a floor."""

    exporter: str
    importer: str
    mode: str
    unit: str
    share: float
    floor: bool
    source_url: str

    @property
    def pair(self) -> str:
        """Both codes in alphabetical order: what is left out together."""
        return "-".join(sorted((self.exporter, self.importer)))


@lru_cache(maxsize=1)
def observations() -> tuple[Observation, ...]:
    """Shares of pairs (and of economies with the world) from ``data/world/mode_shares.csv``, means over periods."""
    known = {*data.economies()["iso3"], "WLD"}
    found: list[Observation] = []
    for (exporter, importer, unit), rows in mode_model.published().groupby(
        ["exporter", "importer", "unit"], sort=False,
    ):
        if not {exporter, importer} <= known:
            continue
        for (mode, floor), share in rows.groupby(["mode", "floor"])["share"].mean().items():
            found.append(
                Observation(
                    str(exporter),
                    str(importer),
                    str(mode),
                    str(unit),
                    float(share),
                    bool(floor),
                    str(rows["source_url"].iloc[0]),
                )
            )
    return tuple(found)


@lru_cache(maxsize=64)
def _partners(economy: str) -> tuple[tuple[str, float], ...]:
    """The largest partners of an economy with their trade, million dollars."""
    trade = world.base_matrix()
    total = (trade.loc[economy] + trade[economy]).drop(economy).sort_values(ascending=False)
    return tuple((str(code), float(value)) for code, value in total.head(_MOST_PARTNERS).items())


def _parts(one: Observation) -> list[tuple[Features, float, Goods]]:
    """The pairs behind an observation: what is known of each, its weight and its goods."""
    if "WLD" not in (one.exporter, one.importer):
        known = mode_model.features(one.exporter, one.importer)
        return [] if known is None else [(known, 1.0, mode_model.goods_of(one.exporter, one.importer))]
    own = one.exporter if one.importer == "WLD" else one.importer
    found = [(mode_model.features(own, code), value, code) for code, value in _partners(own)]
    return [(known, value, mode_model.goods_of(own, code)) for known, value, code in found if known is not None]


class Prediction:
    """What the model says of many observations, for any constants."""

    def __init__(self, seen: Sequence[Observation]) -> None:
        parts = [_parts(one) for one in seen]
        self.stacked = Stacked.of([known for rows in parts for known, _, _ in rows])
        self.weights = [np.array([w for _, w, _ in rows]) for rows in parts]
        self.ends = np.cumsum([len(rows) for rows in parts])
        self.mode = [MODES.index(one.mode) for one in seen]
        self.mix = np.concatenate(
            [
                [goods.weights(one.unit) for _, _, goods in rows]
                for one, rows in zip(seen, parts, strict=True)
            ]
        )

    def __call__(self, constants: Mapping[str, float]) -> Array:
        """(O,) shares."""
        known = self.stacked
        city = known.weight[:, None, None] * mode_model.city_shares(known, constants)
        pairs = np.add.reduceat(city, known.first, axis=0)
        out = np.empty(len(self.mode))
        begin = 0
        for o, end in enumerate(self.ends):
            share = (pairs[begin:end, :, self.mode[o]] * self.mix[begin:end]).sum(axis=1)
            out[o] = share @ self.weights[o] / self.weights[o].sum()
            begin = end
        return out


def _odds(share: Array) -> Array:
    """Log odds, shares held at least :data:`EDGE` from 0 and 1."""
    s = np.clip(share, EDGE, 1.0 - EDGE)
    return np.asarray(np.log(s / (1.0 - s)))


def names() -> tuple[str, ...]:
    """Names of all constants: :data:`~corridors.transport.world_network.mode_model.TERMS`, then effects of regions."""
    return (*TERMS, *(f"{mode}: {region}" for mode in ("road", "rail") for region in regions()))


def fit(seen: Sequence[Observation]) -> dict[str, float]:
    """Constants at the posterior mode given ``seen``."""
    # A quarter of a second that whoever reads kept answers need not wait.
    from scipy.optimize import least_squares

    labels = names()
    start = np.array([PRIORS[name][0] if name in PRIORS else 0.0 for name in labels])
    spread = np.array([PRIORS[name][1] if name in PRIORS else REGIONAL for name in labels])

    predict = Prediction(seen)
    target, floor = _odds(np.array([one.share for one in seen])), np.array([one.floor for one in seen])

    def residuals(vector: Array) -> Array:
        miss = (_odds(predict(dict(zip(labels, vector, strict=True)))) - target) / NOISE
        return np.concatenate([np.where(floor, np.minimum(miss, 0.0), miss), (vector - start) / spread])

    answer = least_squares(residuals, start, x_scale=spread, max_nfev=60)
    return {name: float(value) for name, value in zip(labels, answer.x, strict=True)}


def leave_one_out(everything: Sequence[Observation] | None = None) -> pd.DataFrame:
    """Each pair predicted by a fit to all others: pair, mode, unit, share, predicted, fitted, source_url."""
    seen = tuple(observations() if everything is None else everything)
    best = fit(seen)
    rows = []
    for pair in dict.fromkeys(one.pair for one in seen if "WLD" not in one.pair):
        without = fit([one for one in seen if one.pair != pair])
        own = [one for one in seen if one.pair == pair]
        predict = Prediction(own)
        for one, unseen, fitted in zip(own, predict(without), predict(best), strict=True):
            rows.append(
                {"exporter": one.exporter, "importer": one.importer, "mode": one.mode, "unit": one.unit, "floor": one.floor,
                 "share": one.share, "predicted": float(unseen), "fitted": float(fitted), "source_url": one.source_url}
                )  # fmt: skip
    return pd.DataFrame(rows)


def main() -> None:
    """Write ``mode_constants.csv`` and ``mode_shares_left_out.csv`` in ``data/world``."""
    best = fit(observations())
    rows = [
        {
            "constant": name,
            "value": round(value, 4) + 0.0,
            "prior_mean": PRIORS.get(name, (0.0, REGIONAL))[0],
            "prior_sd": PRIORS.get(name, (0.0, REGIONAL))[1],
        }
        for name, value in best.items()
    ]
    folder = paths.data() / "world"
    pd.DataFrame(rows).to_csv(folder / "mode_constants.csv", index=False, lineterminator="\n")
    left_out = leave_one_out().round({"share": 4, "predicted": 4, "fitted": 4})
    left_out.to_csv(folder / "mode_shares_left_out.csv", index=False, lineterminator="\n")
    computed.sign(["world_mode_constants", "world_mode_shares_left_out"])


if __name__ == "__main__":
    main()
