"""What changed between two results, step by step of the chain.

Newer data, another parameter or another version change the answer; this tells where on the way: in
what was assumed, in today's trade, on the routes, at the crossings, in the trade cost, in the
response of trade. A result is what ``corridors run NAME --json`` prints, or ``result.json`` of a
report.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from corridors.errors import DataError, one_line

STEPS: dict[str, tuple[str, ...]] = {
    "What was asked": ("scenario", "title", "pair", "years", "draws", "seed"),
    "What is known": ("facts", "base", "corridor_known", "messages"),
    "Trade without the measures": ("baseline", "facts.baseline_step_percent"),
    "Routes": (
        "routes", "facts.road_share", "facts.hidden_usd_per_t", "facts.hidden_parts", "facts.trucks_by_road",
        "facts.route_gap", "facts.trade_traffic_residual", "facts.unsettled_draws",
        "unsettled_draws",
    ),
    "Border crossings": ("crossings", "facts.binding"),
    "Trade cost": ("trade_cost_change_percent",),
    "Response of trade": (
        "effect_percent", "contributions", "facts.closures", "facts.market_clearing_residual",
        "facts.variance_explained",
    ),
    "Trade with the measures": ("projected", "targets", "facts.trucks_needed"),
    "Real GDP": ("real_gdp_percent",),
    "What it is worth": ("appraisal",),
}
"""Steps of the chain and the parts of a result that each makes; ``facts`` is what no other step names of them."""
REQUIRED = ("scenario", "pair", "baseline", "projected", "effect_percent")
MAX_BYTES = 64 * 2**20
_TINY = 1e-9


@dataclass(frozen=True)
class Change:
    """One value that differs: where it stands in the result, and both values (None: not there)."""

    where: str
    a: Any
    b: Any

    @property
    def size(self) -> float:
        """Relative change; infinite where a value came, went or is text."""
        if _is_number(self.a) and _is_number(self.b):
            scale = max(abs(self.a), abs(self.b))
            return abs(self.b - self.a) / scale if scale else 0.0
        return math.inf


@dataclass(frozen=True)
class Comparison:
    """The changes between two results by step of the chain, largest first."""

    a: str
    b: str
    steps: Mapping[str, tuple[Change, ...]]
    results: tuple[Mapping[str, Any], Mapping[str, Any]]

    @property
    def first_step(self) -> str | None:
        """The first step of the chain on which anything differs: where the change came from."""
        return next((name for name, changes in self.steps.items() if changes), None)

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "a": self.a,
            "b": self.b,
            "first_step": self.first_step,
            "steps": [
                {"step": name, "changes": [{"where": c.where, "a": c.a, "b": c.b} for c in changes]}
                for name, changes in self.steps.items()
            ],
        }

    def __str__(self) -> str:
        lines = [f"A: {self.a}", f"B: {self.b}"]
        if self.first_step is None:
            return "\n".join([*lines, "The two results are the same."])
        lines.append(f"The first difference is in: {self.first_step}.")
        for name, changes in self.steps.items():
            lines += ["", f"{name}: {'no change' if not changes else f'{len(changes)} values differ'}"]
            shown = changes[:12]
            lines += [f"  {c.where:<58} {_show(c.a):>14} -> {_show(c.b):>14}{_percent(c)}" for c in shown]
            if len(changes) > len(shown):
                lines.append(f"  ... and {len(changes) - len(shown)} smaller ones (--json lists all)")
        return "\n".join(lines)


def compare_files(a: str | Path, b: str | Path) -> Comparison:
    """Compare two result files. DataError if one is missing or not a result."""
    try:
        return compare(_read(Path(a)), _read(Path(b)), str(a), str(b))
    except RecursionError:
        raise DataError(f"{one_line(a)} or {one_line(b)}: not a result: nested too deep to be one") from None


def compare(a: Mapping[str, Any], b: Mapping[str, Any], a_name: str = "A", b_name: str = "B") -> Comparison:
    """Compare two results; medians come first among equals, then the largest relative change."""
    steps = {}
    for step, keys in STEPS.items():
        left, right = (dict(leaf for k in keys for leaf in _leaves(_part(r, k), k)) for r in (a, b))
        changes = [
            Change(where, left.get(where), right.get(where))
            for where in dict.fromkeys([*left, *right])
            if _differ(left.get(where), right.get(where))
        ]
        steps[step] = tuple(sorted(changes, key=lambda c: (_is_tail(c.where), -c.size)))
    return Comparison(a_name, b_name, steps, (a, b))


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise DataError(f"{one_line(path)}: larger than {MAX_BYTES // 2**20} MB; a result is not")
        found = json.loads(content, parse_int=_whole)
    except OSError as error:
        raise DataError(f"{one_line(path)}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise DataError(f"{one_line(path)}: not JSON: {error}") from None
    missing = [k for k in REQUIRED if not isinstance(found, dict) or k not in found]
    if missing:
        raise DataError(
            f"{one_line(path)}: not a result: {missing[0]!r} is missing; make one with: corridors run SCENARIO --json"
        )
    result: dict[str, Any] = found
    return result


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= 15 else float(digits)


def _part(result: Mapping[str, Any], key: str) -> Any:
    """What stands under a key of :data:`STEPS`, without what another step names; nothing where it is missing."""
    first, _, rest = key.partition(".")
    whole = result.get(first, {})
    if not isinstance(whole, Mapping):
        return {} if rest else whole
    if rest:
        return whole.get(rest, {})
    named = {k.partition(".")[2] for keys in STEPS.values() for k in keys if k.startswith(f"{first}.")}
    return {k: v for k, v in whole.items() if k not in named}


def _leaves(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _leaves(child, f"{at}.{key}")
    elif isinstance(value, list):
        for i, child in enumerate(value):
            yield from _leaves(child, f"{at}[{_label(child, i)}]")
    else:
        yield at, value


def _label(item: Any, position: int) -> Any:
    """Items are matched by what they are about, not by where they stand in the list."""
    if isinstance(item, Mapping):
        for key in ("route", "name", "measure", "item", "flow", "year"):
            if key in item:
                return f"{item['flow']} {item['year']}" if key == "flow" and "year" in item else item[key]
    return position


def _differ(a: Any, b: Any) -> bool:
    if _is_number(a) and _is_number(b):
        return abs(a - b) > _TINY * max(abs(a), abs(b), 1e-300)
    return bool(a != b)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_tail(where: str) -> bool:
    last = where.rsplit(".", 1)[-1]
    return last in ("p2_5", "p10", "p25", "p75", "p90", "p97_5")


def _show(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:,.6g}" if _is_number(value) else str(value)[:40]


def _percent(change: Change) -> str:
    if not (_is_number(change.a) and _is_number(change.b)) or not change.a:
        return ""
    return f"  {100 * (change.b / change.a - 1):+.2f} %"
