"""Direct flights: whom they join today, and what a first service does for trade.

People who trade meet. A direct service makes meeting cheaper, so it raises trade in goods that are
made for a buyer and nothing else: goods sold on an exchange need no meeting (Rauch 1999; Cristea
2011; Wang, Wang and Zhou 2021). Where two economies had no direct service, ``f`` flights a week
raise trade in differentiated goods by the share

    gain * f / (f + h)

before prices respond: in proportion, saturating in the frequency, nothing for economies that are
joined already. ``gain`` and ``h`` are ``flight_gain`` and ``flight_half_frequency`` of
``data/parameters.csv``; the studies they rest on are ``data/flight_studies.csv``, and
:func:`upper_bound` is our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.typing import ArrayLike

from corridors.data import tables
from corridors.gravity import ppml
from corridors.runtime.cache import kept

Array = npt.NDArray[np.float64]
Pair = tuple[str, str]

PARAMETERS = ("flight_gain", "flight_half_frequency")
SERVICE_YEAR, FAR_KM = 2014, 1500.0


@lru_cache(maxsize=1)
def _flying() -> Mapping[frozenset[str], bool]:
    old, new = tables.direct_air_services_2014(), tables.air_services()
    joined = {frozenset(pair): True for pair in zip(old["economy_a"], old["economy_b"], strict=True)}
    newer = zip(new["economy_a"], new["economy_b"], new["flying"], strict=True)
    return {**joined, **{frozenset((str(a), str(b))): bool(flying) for a, b, flying in newer}}


def joined(a: str, b: str) -> bool:
    """Whether a direct passenger service joins two economies today, as far as the tables know.

    A row of ``data/air_services.csv`` stands in place of the services of 2014; an economy is joined
    with itself.
    """
    return a == b or _flying().get(frozenset((a, b)), False)


def trade_factor(flights_per_week: ArrayLike, gain: ArrayLike, half_frequency: ArrayLike) -> Array:
    """By what a first service multiplies trade in differentiated goods before prices respond: ``1 + gain f / (f + h)``.

    Parameters
    ----------
    flights_per_week: (B,) flights a week, each way, of economies that had none; 0 gives exactly 1.
    gain: (B,) share of trade that a very frequent service adds.
    half_frequency: (B,) flights a week at which half of that is there.
    """
    f = np.asarray(flights_per_week, dtype=float)
    return np.asarray(1.0 + np.asarray(gain, dtype=float) * f / (f + np.asarray(half_frequency, dtype=float)))


def cost_factor(
    flights_per_week: ArrayLike, differentiated: ArrayLike, gain: ArrayLike, half_frequency: ArrayLike, theta: ArrayLike
) -> Array:
    """Trade cost factor (B, C) of cargo classes of which ``differentiated`` (C,) is the differentiated share.

    The cost change that moves a class's trade as the service does: ``(1 + d (F - 1)) ^ (-1 /
    theta)`` with F of :func:`trade_factor` and ``theta`` (B,) the trade elasticity.
    """
    more = trade_factor(flights_per_week, gain, half_frequency) - 1.0
    grown = 1.0 + more[:, None] * np.asarray(differentiated, dtype=float)
    return np.asarray(grown ** (-1.0 / np.asarray(theta, dtype=float)[:, None]))


def differentiated_shares(classes: tuple[str, ...]) -> Array:
    """Share (C,) of each cargo class that is differentiated (``data/cargo_classes.csv``)."""
    table = tables.cargo_classes().set_index("cargo_class")["differentiated_share"]
    return np.asarray(table.loc[list(classes)], dtype=float)


@lru_cache(maxsize=1)
@kept
def upper_bound() -> pd.DataFrame:
    """What our own gravity panel says: trade of 2012 and 2016 between economies with a service in 2014 and without.

    PPML with exporter-year and importer-year effects and standard errors clustered by exporter and
    importer. Two specifications: ``own_level`` for pairs more than 1,500 km apart, an upper bound,
    as airlines fly where there is trade; ``own_past_trade`` for all pairs with the pair's own trade
    of 2004 held fixed. Columns: coefficient, standard_error (log points), percent, low_percent,
    high_percent (95 % interval), pairs; index: specification.
    """
    panel, geography = tables.table("bilateral_trade_panel"), tables.table("pair_geography")
    service = {
        frozenset(p)
        for p in tables.direct_air_services_2014()[["economy_a", "economy_b"]].itertuples(index=False, name=None)
    }
    rows = panel[panel["year"].isin((2012, 2016)) & (panel["exporter"] != panel["importer"])].copy()
    rows["trade_agreement"] = rows["trade_agreement"].fillna(0).astype(float)
    both = pd.concat([geography, geography.rename(columns={"a": "b", "b": "a"})])
    rows = rows.merge(both, left_on=["exporter", "importer"], right_on=["a", "b"])
    pairs = zip(rows["exporter"], rows["importer"], strict=True)
    rows["service"] = [float(frozenset(pair) in service) for pair in pairs]
    rows["ln_distance"] = np.log(rows["distance_km"])
    past = panel[panel["year"] == 2004].set_index(["exporter", "importer"])["trade_musd"].rename("past")
    rows = rows.join(past, on=["exporter", "importer"])
    controls = ["ln_distance", "contiguous", "common_language", "colonial_link", "trade_agreement"]
    known = rows[rows["past"] > 0].assign(ln_past=lambda frame: np.log(frame["past"]))
    found = {
        "own_level": (rows[rows["distance_km"] > FAR_KM], ["service", *controls]),
        "own_past_trade": (known, ["service", "ln_past", *controls]),
    }
    out = {}
    for name, (frame, covariates) in found.items():
        fit = ppml(
            frame.astype({c: float for c in covariates}), outcome="trade_musd", covariates=covariates,
            fixed_effects=["exporter^year", "importer^year"], cluster=["exporter", "importer"],
        )  # fmt: skip
        b, se = float(fit.coefficients["service"]), float(fit.standard_errors["service"])
        percent, low, high = (100.0 * np.expm1(b + z * se) for z in (0.0, -1.96, 1.96))
        out[name] = {
            "coefficient": b,
            "standard_error": se,
            "percent": percent,
            "low_percent": low,
            "high_percent": high,
            "pairs": len(frame),
        }
    return pd.DataFrame(out).T
