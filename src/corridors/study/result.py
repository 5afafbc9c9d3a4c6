"""What a study returns: one typed result, saved as tables (parquet) and a summary (json).

Every report, chart and sentence is made from a :class:`StudyResult` and from nothing else, so a
number in a report is a number in these tables. :mod:`corridors.study.result_tables` says which
tables there are and what each column is, :mod:`corridors.study.result_facts` the same of single
numbers; a result that differs is refused when it is made, so that whoever reads one never asks
whether something is there.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from corridors.data.table_schema import BAND, QUANTILES, TableSchema
from corridors.data.table_schema import check as check_tables
from corridors.errors import DataError
from corridors.runtime import whole_files
from corridors.runtime.notebook_html import in_notebook
from corridors.study.result_facts import Band, Facts
from corridors.study.result_facts import check as check_facts
from corridors.study.result_tables import TABLES

_AT_THE_TOP = ("base", "effect_without_flights_percent", "trade_cost_change_percent")
"""Facts that the summary has beside the headline."""


@dataclass(frozen=True)
class StudyResult:
    """All that one run of the chain found, for one scenario.

    ``tables`` holds the frames of :data:`corridors.study.result_tables.TABLES`, ``facts`` the
    single numbers and labels of :class:`corridors.study.result_facts.Facts`. ``light``: an answer
    of the explorer, which has only some tables with rows and only the facts of
    :class:`~corridors.study.result_facts.Labels`.

    Raises DataError that names each table, column or fact that is not as declared.
    """

    scenario: Mapping[str, Any]
    pair: tuple[str, str]
    years: tuple[int, ...]
    draws: int
    seed: int
    tables: Mapping[str, pd.DataFrame]
    facts: Facts
    light: bool = False

    def __post_init__(self) -> None:
        whose = f"result of {self.name}"
        check_tables(self.tables, TABLES, whose)
        check_facts(self.facts, whose, self.light)

    @property
    def name(self) -> str:
        """The scenario's name."""
        return str(self.scenario["name"])

    @property
    def title(self) -> str:
        """The scenario's title, plain text as its author wrote it."""
        return str(self.scenario["title"])

    @property
    def schemas(self) -> Mapping[str, TableSchema]:
        """What the columns of each table are."""
        return TABLES

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.tables[table]

    def headline(self) -> Band:
        """Effect on two-way trade in the last year, in percent of the baseline: p10, p50, p90."""
        effect = self.tables["effect"]
        row = effect[
            (effect["year"] == self.years[-1]) & (effect["flow"] == "total") & (effect["unit"] == "percent")
        ].iloc[0]
        return {"p10": float(row["p10"]), "p50": float(row["p50"]), "p90": float(row["p90"])}

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
            "messages": list(self.facts["messages"]),
            "baseline": self._paths("baseline"),
            "projected": self._paths("scenario"),
            "effect_percent": self.headline(),
            **{k: v for k, v in self.facts.items() if k in _AT_THE_TOP},
            "routes": self._routes(),
            "crossings": self._crossings(),
            "unsettled_draws": self.facts["unsettled_draws"],
            "contributions": self.tables["contributions"][["measure", "kind", "percent_points"]].to_dict("records"),
            "real_gdp_percent": {
                row.economy: {p: getattr(row, f"change_percent_{p}") for p in BAND}
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
        """Write the result's files into ``folder``, each whole or not at all; a link there is replaced, not followed."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files().items():
            whole_files.write(folder / name, content)

    @staticmethod
    def refuse_other_files(folder: Path) -> None:
        """DataError if ``folder`` holds files but no result that :meth:`StudyResult.save` wrote."""
        if not folder.is_dir() or not any(folder.iterdir()):
            return
        try:
            head = json.loads((folder / "study.json").read_bytes())
            ours = isinstance(head, dict) and {"scenario", "pair", "years", "draws", "seed", "facts"} <= set(head)
        except (OSError, ValueError, RecursionError):
            ours = False
        if not ours:
            first = min(path.name for path in folder.iterdir())
            raise DataError(f"--save {folder}: holds {first!r}, which is not of a saved result; choose another folder")

    def __str__(self) -> str:
        if self.light:
            return f"{self.title}: a quick sample of {self.draws} futures, with some of its tables; study.run has all"
        return str(_shown("terminal").page(self))

    def _repr_html_(self) -> str:
        blocks, words = _shown("blocks"), _shown("words")
        rows = "".join(f"<tr><th scope='row'>{n}</th><td>{len(f):,} rows</td></tr>" for n, f in self.tables.items())
        if self.light:
            return in_notebook(blocks.group(words.cover(self), blocks.Prose((words.headline(self), str(self)))).html())
        shown = blocks.group(
            words.cover(self), words.answer(self), words.worth_line(self), words.key_figures(self),
            words.binding_words(self),
        )
        return in_notebook(f"{shown.html()}<details><summary>Tables</summary><table>{rows}</table></details>")


def _shown(module: str) -> Any:
    """A module of :mod:`corridors.show`, by name: a result that is printed, or ends a cell, is a page, but none is computed from
    what pages say, so a sentence that changes makes no result out of date."""
    return importlib.import_module(f"corridors.show.{module}")


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
