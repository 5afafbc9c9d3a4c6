"""One saved result as the front page needs it, read from the files of the result without computing anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from corridors.data.names import the
from corridors.show import findings, numbers
from corridors.show.lookups import Band, narrowest, near, short_name, widened
from corridors.show.words import phrases, trade
from corridors.show.words.front_page import Found
from corridors.show.words.worth import too_dear


def read(folder: Path) -> Found | None:
    """What the page needs of the result saved in ``folder``; None where there is none that can be read."""
    try:
        head = json.loads((folder / "study.json").read_text(encoding="utf-8"))
        effect = pd.read_parquet(folder / "effect.parquet")
        paths = pd.read_parquet(folder / "projection.parquet")
        last = int(head["years"][-1])
        row = effect[(effect["year"] == last) & (effect["flow"] == "total") & (effect["unit"] == "percent")].iloc[0]
        level = paths[(paths["flow"] == "total") & (paths["case"] == "baseline") & (paths["year"] == last)].iloc[0]
        names = head["facts"].get("names") or head["pair"]
        return Found(
            name=str(head["scenario"]["name"]), pair=(str(head["pair"][0]), str(head["pair"][1])),
            names=(str(names[0]), str(names[1])),
            measured=bool(head["scenario"].get("measures")), last=last,
            effect=Band(float(row["p10"]), float(row["p50"]), float(row["p90"])),
            level=numbers.musd(float(level["p50"]), findings.LEVEL_DIGITS),
            **_causes(folder, head, Band(float(row["p10"]), float(row["p50"]), float(row["p90"]))),
            **_worth(head, _table(folder, "worth_by_measure")),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None


def _causes(folder: Path, head: Mapping[str, Any], band: Band) -> dict[str, Any]:
    """What the effect comes from, and what stands in its way; only what the result has."""
    measures = list(head["scenario"].get("measures") or ())
    facts = head["facts"]
    kinds = {str(m.get("kind")) for m in measures}
    found: dict[str, Any] = {
        "only_capacity": kinds == {"border_capacity"},
        "one_kind": len(kinds) == 1,
        "corridor_known": bool(facts.get("corridor_known", True)),
    }
    needed = facts.get("trucks_needed")
    if needed and facts.get("corridor_known", True):
        found["trucks"] = float(needed["exports"]["p50"]) + float(needed["imports"]["p50"])
    by_road = facts.get("road_share")
    if by_road:
        for name, case in (("by_road", "before"), ("with_measures_by_road", "after")):
            found[name] = max(float(by_road[flow][case]) for flow in ("exports", "imports"))
    shares, crossings = _table(folder, "contributions"), _table(folder, "crossings")
    if len(shares):
        # What works against the effect is no reason for it, however much it moves.
        along = shares["percent_points"].to_numpy(dtype=float) * (1.0 if band.mid > 0 else -1.0)
        if along.max() > 0:
            found["because"] = _subject(int(along.argmax()), shares, measures, crossings)
        if along.max() > 0 > along.min():
            points = shares["percent_points"].to_numpy(dtype=float)
            found["pulls"] = tuple(
                tuple(dict.fromkeys(_subject(at, shares, measures, crossings) for at in phrases.strong(side * points)))
                for side in (1.0, -1.0)
            )
    cost, others = facts.get("trade_cost_change_percent"), _table(folder, "others")
    if cost and len(others):
        found["rival"] = trade.rival_of((str(head["pair"][0]), str(head["pair"][1])), float(cost["p50"]), others, _table(folder, "effect"), band)
    wider, shut = widened(measures, crossings)
    if len(wider) or len(shut):
        found["shut"] = tuple(map(short_name, shut["name"]))
    routes = _table(folder, "routes")
    if len(routes):
        named = [str(c) for m in measures for c in m.get("crossings") or ()]
        names = [the(str(name)) for name in facts.get("names") or head["pair"]]
        found["capacity"] = narrowest(head["pair"], names, near(crossings, routes, named))
    return found


def _subject(at: int, shares: pd.DataFrame, measures: list[Any], crossings: pd.DataFrame) -> str:
    """What the measure of one of the shares is about."""
    named = [str(c) for c in (measures[at].get("crossings") or ())] if at < len(measures) else []
    rows = crossings[crossings["crossing"].isin(named)] if len(crossings) else crossings
    return phrases.subject_of(str(shares["kind"].iloc[at]), rows)


def _table(folder: Path, name: str) -> pd.DataFrame:
    file = folder / f"{name}.parquet"
    return pd.read_parquet(file) if file.is_file() else pd.DataFrame()


def _worth(head: Mapping[str, Any], measures: pd.DataFrame) -> dict[str, Any]:
    """Worth a year, cost and how sure a gain is, in words; nothing without an appraisal."""
    found = head["facts"].get("appraisal")
    if not found or not head["scenario"].get("measures"):
        return {}
    gain, own = float(found["user_benefits_musd"]["mean"]), float(found["user_benefits_pair_musd"]["mean"])
    cost = found["costs_musd"]["mean"]
    others = gain - own
    return {
        "worth": "nothing" if abs(gain) < findings.SMALL_MUSD else numbers.musd(gain),
        "others_gain": f"about {numbers.musd(others)}" if others > findings.SMALL_MUSD else "",
        "cost": numbers.musd(float(cost)) if cost else "none counted",
        "net_musd": float(found["npv_musd"]["mean"]),
        "net_positive": float(found["probability_npv_positive"]),
        "counted_to": int(found["last_year"]),
        "dear": too_dear(measures, float(found["npv_musd"]["mean"])) if len(measures) else "",
        "sure": numbers.cases(float(found["probability_npv_positive"])) if cost else "",
    }
