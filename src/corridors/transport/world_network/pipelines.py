"""Fuels that flow through pipelines: no truck, train or ship carries them.

A published share of pipelines in a pair's trade (``data/world/mode_shares.csv``) is taken out of
the fuels of both directions alike; else the share of an economy's fuels that goes so, to a partner
where one is named (``data/world/pipelines.csv``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from corridors.data import names
from corridors.data import tables as data
from corridors.trade import cargo, composition, world

MODE, LEAST_TOLD = "pipeline", 0.01
_BULK = cargo.CLASSES.index("bulk")


def of_bulk(exporter: str, importer: str) -> float:
    """Part of the bulk that one economy sells another which flows through pipelines, by value."""
    return _of_fuels(exporter, importer) * parts_of_bulk(exporter, importer)["x_fuels"]


def of_value(exporter: str, importer: str) -> float:
    """The same of all goods."""
    return of_bulk(exporter, importer) * _bulk(exporter, importer)


def told(a: str, b: str, outside: bool = False) -> list[str]:
    """A sentence for each direction of which pipelines carry a part worth telling; ``outside``: where they are among ways that a
    network has no more of than their share."""
    where = "they are among the ways outside this network" if outside else "none of the ways here does, and most of it stays whatever they cost"
    called = {code: names.the(names.economies().get(code, code)) for code in (a, b)}
    return [
        f"Pipelines carry {100 * part:.0f} % of what {called[x]} sells {called[y]}, by value; {where}."
        for x, y in ((a, b), (b, a))
        if (part := of_value(x, y)) >= LEAST_TOLD
    ]


@lru_cache(maxsize=65_536)
def parts_of_bulk(exporter: str, importer: str) -> Mapping[str, float]:
    """Parts of groups of goods in the bulk that one economy sells another; none where its sales are not known."""
    sold = composition.weights(exporter, importer) or {}
    value = {group: sold.get(group, 0.0) * part for group, (part, _, _) in composition.GROUPS.items()}
    total = sum(value.values())
    return {group: v / total if total > 0.0 else 0.0 for group, v in value.items()}


def _bulk(exporter: str, importer: str) -> float:
    return float(cargo.usual_shares([(exporter, importer)])[0, _BULK])


def _of_fuels(exporter: str, importer: str) -> float:
    """Part of the fuels that one economy sells another."""
    of_pair = _published().get(frozenset((exporter, importer)))
    if of_pair is not None:
        ways = ((exporter, importer), (importer, exporter))
        trade = world.base_matrix()
        fuels = sum(trade.loc[way] * _bulk(*way) * parts_of_bulk(*way)["x_fuels"] for way in ways)
        return min(of_pair * float(sum(trade.loc[way] for way in ways)) / fuels, 1.0) if fuels > 0.0 else 0.0
    sold = _sold()
    return sold.get((exporter, importer), sold.get((exporter, ""), 0.0))


@lru_cache(maxsize=1)
def _published() -> Mapping[frozenset[str], float]:
    """Mean published share of pipelines in the value of a pair's trade."""
    table = data.table("world_mode_shares")
    rows = table[(table["use"] == "fit") & (table["mode"] == MODE) & (table["unit"] == "value")]
    known = set(world.base_matrix().index)
    shares: dict[frozenset[str], list[float]] = {}
    for a, b, share in zip(rows["exporter"], rows["importer"], rows["share"], strict=True):
        if {a, b} <= known:
            shares.setdefault(frozenset((str(a), str(b))), []).append(float(share))
    return {pair: sum(each) / len(each) for pair, each in shares.items()}


@lru_cache(maxsize=1)
def _sold() -> Mapping[tuple[str, str], float]:
    """Share of the fuels that an economy sells, to a partner or ("") to all others."""
    table = data.table("world_pipelines")
    return dict(zip(zip(table["economy"], table["partner"].fillna(""), strict=True), table["share"].astype(float), strict=True))
