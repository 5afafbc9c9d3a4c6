"""What a result rests on beside its own data: studies of measures of the same kind, with what they found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from corridors.data import tables
from corridors.transport import flights, network

FLIGHTS = "direct_flights"


def evidence(kinds: Sequence[str]) -> list[dict[str, Any]]:
    """One row a study of a measure whose kind is among ``kinds``, in the order of the tables.

    Keys: kind, found (in words), low, central, high (percent of trade; None where a source gives no figure), source,
    source_url.
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
            "kind": str(row["kind"]), "found": str(row["found"]), "low": None, "central": _number(row["percent"]), "high": None,
            "source": str(row["source_title"]), "source_url": _text(row["source_url"]),
        }
        for row in tables.regime_studies().to_dict("records")
    ]  # fmt: skip
    return [row for row in rows if row["kind"] in kinds]


def served(routes: Sequence[tuple[str, str]]) -> list[bool]:
    """Whether the two economies of each route (airports by IATA code) are joined by a direct service already."""
    roads = network.load()
    pairs = [tuple(roads.economies[roads.airport(code)][0] for code in route) for route in routes]
    return [flights.joined(a, b) for a, b in pairs]


def _number(value: Any) -> float | None:
    return None if value != value else float(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
