"""Checks of what a caller hands to the equilibrium: every mistake names argument, economy, value and remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from corridors.equilibrium.hats import Array, Incomes
from corridors.errors import EquilibriumError, nearest

CLOSURES = ("partial", "conditional", "full")
DEFICITS = ("output_share", "world_share", "closed")
WORLD_OUTPUT = "world_output"


def choice(argument: str, value: str, allowed: Iterable[str]) -> str:
    """``value`` if allowed, else an EquilibriumError with the nearest allowed one."""
    allowed = tuple(allowed)
    if value not in allowed:
        raise EquilibriumError(
            f"{argument}: {value!r} is not known; allowed: {', '.join(allowed)}{nearest(value, allowed)}"
        )
    return value


def flows(trade: pd.DataFrame, argument: str = "trade") -> tuple[pd.Index, Array]:
    """Labels and the (N,N) array of a square table of flows, columns put in the order of the rows."""
    if not isinstance(trade, pd.DataFrame):
        raise EquilibriumError(
            f"{argument}: a square pandas.DataFrame is needed (rows exporters, columns importers, "
            f"diagonal intra-national trade), not {type(trade).__name__}"
        )
    _unique(argument, trade)
    rows, columns = trade.index, trade.columns
    for label in rows.difference(columns, sort=False):
        raise EquilibriumError(
            f"{argument}: not square: {label} is an exporter (row) but no importer (column); "
            f"{trade.shape[0]} rows, {trade.shape[1]} columns. Add the column or drop the row"
        )
    for label in columns.difference(rows, sort=False):
        raise EquilibriumError(
            f"{argument}: not square: {label} is an importer (column) but no exporter (row); "
            f"{trade.shape[0]} rows, {trade.shape[1]} columns. Add the row or drop the column"
        )
    if len(rows) < 2:
        raise EquilibriumError(f"{argument}: at least two economies are needed, {len(rows)} given")
    values = _numbers(argument, trade, rows)
    _refuse(argument, values < 0, values, rows, "is negative; flows are 0 or more")
    return rows, values


def cost_factors(factor: pd.DataFrame, labels: pd.Index, argument: str = "cost_factor") -> Array:
    """The (N,N) array of tau'/tau in the order of ``labels``."""
    if not isinstance(factor, pd.DataFrame):
        raise EquilibriumError(
            f"{argument}: a pandas.DataFrame with the labels of trade is needed, "
            f"not {type(factor).__name__}"
        )
    _unique(argument, factor)
    for axis, name in ((factor.index, "row"), (factor.columns, "column")):
        for label in axis.difference(labels, sort=False):
            raise EquilibriumError(
                f"{argument}: {name} {label} is no economy of trade{nearest(label, labels)}"
            )
        for label in labels.difference(axis, sort=False):
            raise EquilibriumError(
                f"{argument}: {name} {label} is missing though {label} trades; "
                "put 1 where nothing changes"
            )
    values = _numbers(argument, factor, labels)
    _refuse(
        argument, values <= 0, values, labels, "is not above 0; tau'/tau is 1 where nothing changes"
    )
    return values


def elasticity(theta: float, argument: str = "theta") -> float:
    """``theta`` as a float above 0."""
    try:
        value = float(theta)
    except (TypeError, ValueError):
        raise EquilibriumError(f"{argument}: {theta!r} is not a number") from None
    if not (np.isfinite(value) and value > 0):
        raise EquilibriumError(
            f"{argument}: {value:g} is not allowed; the trade elasticity is a finite number above 0 "
            "(the sign is positive here; sigma - 1 in an Armington model)"
        )
    return value


def elasticities(theta: object, draws: int | None, argument: str = "theta") -> Array:
    """``theta`` as a (B,) array above 0; a single number is used for every draw."""
    values = np.atleast_1d(np.asarray(theta, dtype=float))
    if values.ndim != 1:
        raise EquilibriumError(
            f"{argument}: one value a draw is needed, shape {values.shape} given"
        )
    if draws is not None:
        if len(values) == 1:
            values = np.full(draws, values[0])
        if len(values) != draws:
            raise EquilibriumError(
                f"{argument}: {len(values)} values for {draws} draws of cost_factor; give one a draw"
            )
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        at = int(np.argmax(bad))
        elasticity(values[at], f"{argument}[{at}]")
    return values


def economy(argument: str, label: str, labels: pd.Index) -> int:
    """Position of ``label`` among the economies."""
    if label not in labels:
        raise EquilibriumError(
            f"{argument}: {label!r} is no economy of trade{nearest(label, labels)}"
        )
    return int(labels.get_loc(label))


def numeraire(name: str, labels: pd.Index) -> int | None:
    """Position of the economy whose producer price is held, or None for world output."""
    if name == WORLD_OUTPUT:
        return None
    if name not in labels:
        allowed = [WORLD_OUTPUT, *map(str, labels)]
        raise EquilibriumError(
            f"numeraire: {name!r} is neither {WORLD_OUTPUT!r} nor an economy of trade"
            f"{nearest(name, allowed)}"
        )
    return int(labels.get_loc(name))


def active(total: Array, labels: pd.Index, incomes: Incomes) -> None:
    """Refuse economies that sell or buy nothing, economies cut off from the rest, and a world in which no
    intra-national trade is given. ``total`` (N,N): flows over all sectors."""
    for axis, what in ((1, "output (its row"), (0, "expenditure (its column")):
        empty = total.sum(axis=axis) <= 0
        if empty.any():
            raise EquilibriumError(
                f"trade: {labels[int(np.argmax(empty))]} has no {what} sums to 0); drop it from rows and "
                "columns, or fill in its intra-national trade on the diagonal"
            )
    if not np.diag(total).any():
        raise EquilibriumError(
            "trade: the diagonal (intra-national trade) is all 0; output less exports belongs there, and "
            "without it prices and real GDP mean nothing"
        )
    n = len(labels)
    if incomes == "held":
        # with incomes held, exporters and importers are two sides of one balancing problem
        blocks = np.zeros((2 * n, 2 * n))
        blocks[:n, n:] = total
        count, group = connected_components(csr_array(blocks), directed=False)
    else:
        count, group = connected_components(csr_array(total), directed=False)
    if count > 1:
        apart = np.flatnonzero(group[:n] != np.bincount(group).argmax())
        raise EquilibriumError(
            f"trade: {labels[int(apart[0])]} does not trade with the rest of the world, directly or "
            "through others, so its prices cannot be compared; drop it"
        )


def sectors_agree(names: Iterable[str], given: Mapping[str, object], argument: str) -> None:
    """Both mappings have the same sectors."""
    names = tuple(names)
    for name in given:
        choice(f"{argument}: sector", name, names)
    for name in names:
        if name not in given:
            raise EquilibriumError(f"{argument}: sector {name!r} is missing; trade has it")


def _unique(argument: str, table: pd.DataFrame) -> None:
    for axis, name in ((table.index, "row"), (table.columns, "column")):
        twice = axis[axis.duplicated()]
        if len(twice):
            raise EquilibriumError(f"{argument}: {name} {twice[0]} appears twice; keep one")


def _numbers(argument: str, table: pd.DataFrame, labels: pd.Index) -> Array:
    if not (table.index.equals(labels) and table.columns.equals(labels)):
        table = table.loc[labels, labels]
    try:
        values = table.to_numpy(dtype=float)
    except (TypeError, ValueError) as error:
        raise EquilibriumError(f"{argument}: not all entries are numbers ({error})") from None
    _refuse(
        argument, ~np.isfinite(values), values, labels,
        "is missing or not finite; put 0 for no trade, 1 for an unchanged cost",
    )  # fmt: skip
    return np.ascontiguousarray(values)


def _refuse(argument: str, bad: np.ndarray, values: Array, labels: pd.Index, why: str) -> None:
    if bad.any():
        i, j = np.unravel_index(int(np.argmax(bad)), bad.shape)
        count = int(bad.sum())
        more = f" ({count} such entries)" if count > 1 else ""
        raise EquilibriumError(
            f"{argument}: {labels[i]} to {labels[j]} {values[i, j]:g} {why}{more}"
        )
