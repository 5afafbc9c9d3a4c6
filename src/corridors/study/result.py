"""What a study returns: one typed result, saved as tables (parquet) and a summary (json).

Every report, chart and sentence is made from a :class:`StudyResult` and from nothing else, so a
number in a report is a number in these tables. ``TABLES`` says which tables there are and which
columns each has; a result that lacks one is refused when it is made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from corridors.errors import DataError
from corridors.runtime.notebook_html import in_notebook

QUANTILES: tuple[str, ...] = ("p2_5", "p10", "p25", "p50", "p75", "p90", "p97_5")
"""Quantile columns: the 95 % band is p2_5 to p97_5, the 80 % band p10 to p90, the 50 % band p25 to p75."""

_AT_THE_TOP = ("base", "effect_without_flights_percent", "trade_cost_change_percent")
"""Facts that the summary has beside the headline."""
_P3 = ("p10", "p50", "p90")


def _three(name: str) -> tuple[str, ...]:
    return tuple(f"{name}_{p}" for p in _P3)


_MEAN_AND_BAND = ("mean", *_P3)


def _worth(name: str) -> tuple[str, ...]:
    """Money adds up in means, so that a mean stands beside the band."""
    return tuple(f"{name}_{p}" for p in _MEAN_AND_BAND)


TABLES: dict[str, tuple[str, ...]] = {
    # what is known
    "trade_history": (
        "reporter_view", "period", "period_kind", "start", "end",
        "exports_musd", "imports_musd", "total_musd", "note", "source_title", "source_url",
    ),
    "disagreements": (
        "period", "what", "value_a_musd", "source_a", "value_b_musd", "source_b", "difference_percent",
    ),
    "gravity": (
        "covariate", "estimate", "std_error",
        "literature_mean", "literature_low", "literature_high", "source",
    ),
    "missing_trade": (
        "exporter", "importer", "partner", "direction", "study_economy", "year",
        "observed_musd", "predicted_musd", "ratio", "ratio_p10", "ratio_p90",
    ),
    # the corridors
    "routes": (
        "direction", "exporter", "importer", "route", "name", "mode", "crossings", "km",
        "days_before", "days_after", "usd_per_t_before", "usd_per_t_after",
        "share_before", "share_after", "hidden_usd_per_t", "co2_kg_per_t",
    ),
    "legs": (
        "exporter", "importer", "route", "order", "kind", "from_place", "to_place", "name", "mode",
        "km", "hours_before", "hours_after", "usd_per_t_before", "usd_per_t_after", "estimate",
    ),
    "breakdown": ("direction", "case", "component", "days", "usd_per_t"),
    "crossings": (
        "crossing", "name", "economies", "state", "state_since",
        "capacity_before", "capacity_after", "background_trucks_per_day", "study_trucks_per_day",
        "load_before", "load_after", "utilisation_before", "utilisation_after",
        "hours_before", "hours_after", "closure_days_before", "closure_days_after",
        "binds_before", "binds_after", "shadow_price_usd_per_truck_before", "shadow_price_usd_per_truck_after",
    ),
    "crossing_years": (
        "crossing", "capacity_case", "capacity_trucks_per_day", "year",
        *_three("utilisation"), "probability_full",
    ),
    "binding": (
        "rank", "crossing", "name", "economies", "first_year_before", "first_year_after", "passes_trucks_per_day", "load_trucks_per_day",
        "queue_hours", "shadow_price_usd_per_truck", "more_musd_per_year", "waiting", "turned_away_trucks_per_day", "turned_away", "to",
    ),
    "crossing_curves": ("crossing", "capacity_case", "capacity_trucks_per_day", "trucks_per_day", "hours"),
    "closure_stress": ("crossing", "days"),
    "costs": (
        "direction", "cargo_class", "weight", "composite_cost_before", "composite_cost_after",
        *_three("cost_change_percent"),
    ),
    # what trade does
    "projection": ("year", "flow", "case", *QUANTILES),
    "effect": ("year", "flow", "unit", *QUANTILES),
    "volumes": (
        "year", "flow", "cargo_class", "case",
        *_three("value_musd"), *_three("tonnes"), *_three("trucks_per_day"),
    ),
    "sectors": (
        "direction", "sector", "name", "short_name", "base_musd", "trade_elasticity", "cost_change_percent",
        *_three("change_percent"), *_three("change_musd"),
    ),
    "targets": ("flow", "year", "target_musd", "probability_baseline", "probability_scenario"),
    "others": ("exporter", "importer", "through", *_three("change_percent"), *_three("change_musd")),
    "real_gdp": ("economy", *_three("change_percent")),
    # what did it, and how sure
    "contributions": ("measure", "kind", "percent_points"),
    "sensitivity": (
        "parameter", "meaning", "first_order", "total", "effect_low_percent", "effect_high_percent",
    ),
    "information": ("parameter", "meaning", "band_now_percent_points", "band_if_known_percent_points"),
    "frictions": (
        "friction", "unit", "low", "central", "high",
        "effect_percent_low", "effect_percent_central", "effect_percent_high", "source",
    ),
    # what it is worth
    "worth": ("item", "name", "unit", *_MEAN_AND_BAND),
    "worth_by_economy": (
        "economy", *_worth("users_musd"), "sent_musd", "received_musd", "fees_musd",
        *_worth("real_income_musd"), "terms_of_trade_musd",
    ),
    "worth_by_kind": ("kind", "name", "musd"),
    "worth_by_crossing": (
        "crossing", "name", "trucks_before", "trucks_after", "hours_saved", *_worth("gain_musd"), "fees_musd",
    ),
    "worth_by_year": ("year", *_worth("benefits_musd"), "costs_musd_mean", *_worth("net_present_musd")),
    "worth_rates": ("rate_percent", "chosen", *_worth("npv_musd"), "bcr", "probability_npv_positive"),
    "worth_doubts": ("parameter", "meaning", "share"),
    "measure_costs": (
        "measure", "kind", "item", "units", "unit", "capital_low_musd", "capital_musd", "capital_high_musd",
        "yearly_musd", "life_years", "start", "stated", "counted", "payer", "note", "source_url",
    ),
    "carbon": ("mode", "kg_per_t_km", "kt_before", "kt_after", "change_kt"),
    "second_ways": (
        "crossing", "name", "days_per_year_before", "days_per_year_after", "loss_musd_per_day_before",
        "loss_musd_per_day_after", "expected_loss_musd_before", "expected_loss_musd_after",
    ),
    "priorities": ("what", "place", "name", "unit", "worth_musd_per_year", "now"),
    "sources": ("table", "title", "url", "licence", "accessed"),
}


@dataclass(frozen=True)
class StudyResult:
    """All that one run of the chain found, for one scenario.

    ``tables`` holds the frames named in :data:`TABLES` (their columns are the least each has);
    ``facts`` holds single numbers and labels that sentences need (the equilibrium's residual, the
    pair's names, what the draws were).
    """

    scenario: Mapping[str, Any]
    pair: tuple[str, str]
    years: tuple[int, ...]
    draws: int
    seed: int
    tables: Mapping[str, pd.DataFrame]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, columns in TABLES.items():
            if name not in self.tables:
                raise DataError(f"result of {self.name}: table {name!r} is missing")
            lacking = [c for c in columns if c not in self.tables[name].columns]
            if lacking:
                raise DataError(f"result of {self.name}: table {name!r} lacks the columns {lacking}")

    @property
    def name(self) -> str:
        """The scenario's name."""
        return str(self.scenario["name"])

    @property
    def title(self) -> str:
        """The scenario's title, plain text as its author wrote it."""
        return str(self.scenario["title"])

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.tables[table]

    def headline(self) -> dict[str, float]:
        """Effect on two-way trade in the last year, in percent of the baseline: p10, p50, p90."""
        effect = self.tables["effect"]
        row = effect[
            (effect["year"] == self.years[-1]) & (effect["flow"] == "total") & (effect["unit"] == "percent")
        ].iloc[0]
        return {p: float(row[p]) for p in _P3}

    def summary(self) -> dict[str, Any]:
        """The object that ``corridors run NAME --json`` prints; plain numbers, lists and text only."""
        return {
            "scenario": self.name,
            "title": self.title,
            "pair": list(self.pair),
            "seed": self.seed,
            "draws": self.draws,
            "years": list(self.years),
            "corridor_known": bool(self.facts["corridor_known"]),
            "messages": list(self.facts.get("messages", ())),
            "baseline": self._paths("baseline"),
            "projected": self._paths("scenario"),
            "effect_percent": self.headline(),
            **{k: dict(self.facts[k]) for k in _AT_THE_TOP if k in self.facts},
            "routes": self._routes(),
            "crossings": self._crossings(),
            "unsettled_draws": self.facts["unsettled_draws"],
            "contributions": self.tables["contributions"][["measure", "kind", "percent_points"]].to_dict("records"),
            "real_gdp_percent": {
                row.economy: {p: getattr(row, f"change_percent_{p}") for p in _P3}
                for row in self.tables["real_gdp"].itertuples()
            },
            "targets": _records(self.tables["targets"]),
            "appraisal": dict(self.facts["appraisal"]),
            "facts": {k: v for k, v in self.facts.items() if k not in (*_AT_THE_TOP, "appraisal", "messages")},
        }

    def _paths(self, case: str) -> dict[str, list[dict[str, float]]]:
        projection = self.tables["projection"]
        chosen = projection[projection["case"] == case].sort_values("year")
        return {
            f"{flow}_musd": _records(chosen.loc[chosen["flow"] == flow, ["year", *QUANTILES]])
            for flow in ("exports", "imports", "total")
        }

    def _routes(self) -> dict[str, list[dict[str, Any]]]:
        routes = self.tables["routes"]
        return {
            direction: [
                {
                    "name": r.name, "route": r.route, "mode": r.mode,
                    "share": {"before": r.share_before, "after": r.share_after},
                    "days": {"before": r.days_before, "after": r.days_after},
                    "usd_per_t": {"before": r.usd_per_t_before, "after": r.usd_per_t_after},
                    "hidden_usd_per_t": r.hidden_usd_per_t,
                    "co2_kg_per_t": r.co2_kg_per_t,
                }
                for r in routes[routes["direction"] == direction].itertuples(index=False)
            ]
            for direction in ("exports", "imports")
        }

    def _crossings(self) -> list[dict[str, Any]]:
        return [
            {
                "name": r.crossing,
                "capacity_trucks_per_day": {"before": r.capacity_before, "after": r.capacity_after},
                "load_trucks_per_day": {"before": r.load_before, "after": r.load_after},
                "hours": {"before": r.hours_before, "after": r.hours_after},
                "shadow_price_usd_per_truck": {
                    "before": r.shadow_price_usd_per_truck_before, "after": r.shadow_price_usd_per_truck_after,
                },
                "closure_days_per_year": {"before": r.closure_days_before, "after": r.closure_days_after},
                "binds": {"before": bool(r.binds_before), "after": bool(r.binds_after)},
            }
            for r in self.tables["crossings"].itertuples(index=False)
        ]

    def json(self) -> str:
        """The summary as JSON text; a number that is not finite is written as null."""
        return json.dumps(plain(self.summary()), indent=1, ensure_ascii=False) + "\n"

    def files(self) -> dict[str, bytes]:
        """The result as named files: each table as parquet, the rest as ``study.json``."""
        out = {f"{name}.parquet": frame.to_parquet(index=False) for name, frame in self.tables.items()}
        head = {
            "scenario": dict(self.scenario), "pair": self.pair, "years": self.years,
            "draws": self.draws, "seed": self.seed, "facts": dict(self.facts),
        }
        out["study.json"] = json.dumps(plain(head), ensure_ascii=False).encode()
        return out

    def save(self, folder: str | Path) -> None:
        """Write the result's files into ``folder``."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files().items():
            (folder / name).write_bytes(content)

    def _repr_html_(self) -> str:
        h = self.headline()
        rows = "".join(f"<tr><th scope='row'>{n}</th><td>{len(f):,} rows</td></tr>" for n, f in self.tables.items())
        from html import escape

        return in_notebook(
            f"<p><strong>{escape(self.title)}</strong> ({escape(' - '.join(self.pair))}, "
            f"{self.years[0]}-{self.years[-1]}, {self.draws:,} draws): two-way trade in {self.years[-1]} "
            f"{h['p50']:+.2f} % (80 % band {h['p10']:+.2f} to {h['p90']:+.2f}).</p>"
            f"<details><summary>Tables</summary><table>{rows}</table></details>"
        )


def load(folder: str | Path) -> StudyResult:
    """Read back what :meth:`StudyResult.save` wrote."""
    folder = Path(folder)
    try:
        head = json.loads((folder / "study.json").read_text())
        tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{folder}: not a complete saved result ({error})") from error
    return StudyResult(
        scenario=head["scenario"], pair=tuple(head["pair"]), years=tuple(head["years"]),
        draws=head["draws"], seed=head["seed"], tables=tables, facts=head["facts"],
    )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def plain(value: Any) -> Any:
    """``value`` with numpy scalars and containers turned into what JSON has."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if hasattr(value, "item") and not hasattr(value, "__len__"):
        value = value.item()
    if isinstance(value, float) and value != value or value in (float("inf"), float("-inf")):
        return None
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)
