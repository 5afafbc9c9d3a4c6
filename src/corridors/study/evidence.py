"""What a result rests on beside its own data: studies of measures of the same kind, with what they found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from corridors.data import tables
from corridors.transport import flights, network

FLIGHTS = "direct_flights"
REGIMES = ("transit_regime", "single_window", "regular_service")


def evidence(kinds: Sequence[str]) -> list[dict[str, Any]]:
    """One row a study of a measure whose kind is among ``kinds``, in the order of the tables.

    Keys: kind, found (in words), low, central, high (percent of trade; None where a source gives no
    figure), source, source_url.
    """
    rows = [
        {
            "kind": FLIGHTS, "found": f"{row['where']}: {row['measured']}",
            **{k: _number(row[f"{k}_percent"]) for k in ("low", "central", "high")},
            "source": str(row["source_title"]), "source_url": _text(row["source_url"]),
        }
        for row in tables.flight_studies().to_dict("records")
    ]  # fmt: skip
    rows += [
        {
            "kind": str(row["kind"]), "found": str(row["found"]), "low": None,
            "central": _number(row["percent"]), "high": None,
            "source": str(row["source_title"]), "source_url": _text(row["source_url"]),
        }
        for row in tables.regime_studies().to_dict("records")
    ]  # fmt: skip
    return [row for row in rows if row["kind"] in kinds]


def adoption(kinds: Sequence[str]) -> list[dict[str, Any]]:
    """How use grew where a corridor opened: one row a corridor with two counts of one quantity or more; none without a regime among ``kinds``.

    Keys: corridor, opened (year), quantity, unit, first_year, first, last_year, last, source_url
        (of the last count).
    """
    if not set(kinds) & set(REGIMES):
        return []
    table = tables.corridor_adoption()
    rows = []
    for (corridor, quantity), found in table.dropna(subset=["value"]).groupby(["corridor", "quantity"], sort=False):
        if len(found) < 2:
            continue
        first, last = found.iloc[0], found.iloc[-1]
        rows.append(
            {
                "corridor": str(corridor).replace("_", " ").title(), "opened": int(first["opened"]),
                "quantity": str(quantity), "unit": str(first["unit"]),
                "first_year": int(first["at"]), "first": float(first["value"]),
                "last_year": int(last["at"]), "last": float(last["value"]),
                "source_url": str(last["source_url"]),
            }
        )  # fmt: skip
    return rows


def served(routes: Sequence[tuple[str, str]]) -> list[bool]:
    """Whether the two economies of each route (airports by IATA code) are joined by a direct service already."""
    roads = network.load()
    pairs = [tuple(roads.economies[roads.airport(code)][0] for code in route) for route in routes]
    return [flights.joined(a, b) for a, b in pairs]


def _number(value: Any) -> float | None:
    return None if value != value else float(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
