"""A base world with several sectors and intermediate inputs (Caliendo and Parro 2015).

Every sector s of economy j makes its goods with the economy's own factors (share gamma_sj of what
it sells) and with goods of every sector k (share Gamma_ksj), all Cobb-Douglas; both kinds of
buyers, final and intermediate, choose among sources alike. With X_sij the flows (i = j: sales at
home):

    R_js = sum_n X_sjn                      sales of sector s of economy j
    X_sj = sum_i X_sij                      what j spends on goods of sector s
    F_sj = X_sj - sum_t Gamma_stj R_jt      of it final; shares alpha_sj of the final spending I_j
    V_j  = sum_s gamma_sj R_js              value added, what the factors of j earn

Factors move freely between the sectors of an economy. All is known from flows and input shares
alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from corridors.equilibrium import inputs
from corridors.equilibrium.hats import Array
from corridors.errors import EquilibriumError

_SLACK = 1e-9


@dataclass(frozen=True)
class SectorWorld:
    """S sectors of N economies: build it with :func:`sector_world`.

    flows (S,N,N) in money, rows exporters, diagonal sales at home. input_share (S,S,N): [k,s,j]
    spending on goods of sector k for a unit of sales of sector s in economy j. value_added_share
    (S,N). sales, spending, final (S,N) and value_added, final_spending (N,) as in the module's
    equations.
    """

    labels: tuple[str, ...]
    names: tuple[str, ...]
    flows: Array
    input_share: Array
    value_added_share: Array
    sales: Array
    spending: Array
    final: Array
    value_added: Array
    final_spending: Array

    @cached_property
    def digest(self) -> str:
        """Tells this world from any other: a hash of its flows and of what goods are made of."""
        found = hashlib.sha256(repr((self.labels, self.names)).encode())
        for array in (self.flows, self.input_share, self.value_added_share):
            found.update(array.tobytes())
        return found.hexdigest()

    @property
    def final_share(self) -> Array:
        """alpha (S,N): what a unit of final spending goes to; columns add to one."""
        return np.asarray(self.final / self.final_spending)


class Keyed:
    """A world as a key: the same object is the same world."""

    def __init__(self, world: SectorWorld) -> None:
        self.world = world

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keyed) and other.world is self.world

    def __hash__(self) -> int:
        return id(self.world)


def sector_world(
    trade: Mapping[str, pd.DataFrame], input_share: pd.DataFrame | Array | None = None
) -> SectorWorld:
    """The world of ``trade``, a mapping from sector to a square table of flows of the same economies.

    ``input_share``: None for no intermediates; a table (rows the goods used, columns the sectors
    that use them, both named as in ``trade``) of shares of sales, the same for every economy; or an
    array (S,S,N) of each economy's own. A column adds up to less than one: the rest is value added.
    Raises EquilibriumError where a table is not square, sectors or economies differ, a share is out
    of range, or an economy uses more of some goods as inputs than it buys of them (its final demand
    would be negative).
    """
    if not isinstance(trade, Mapping) or not trade:
        raise EquilibriumError("trade: a mapping from sector to a square table is needed")
    names = tuple(map(str, trade))
    labels, blocks = stacked(trade)
    inputs.active(blocks.sum(axis=0), labels, "output_share")
    share = _shares(input_share, names, len(labels))
    sales, spending = blocks.sum(axis=2), blocks.sum(axis=1)
    final = spending - np.einsum("ksj,sj->kj", share, sales)
    low = final < -_SLACK * spending.sum(axis=0)
    if low.any():
        k, j = np.argwhere(low)[0]
        raise EquilibriumError(
            f"input_share: {labels[j]} would use {spending[k, j] - final[k, j]:g} of {names[k]} as inputs but "
            f"buys only {spending[k, j]:g}; lower the input shares or raise its sales at home in {names[k]}"
        )
    final = np.maximum(final, 0.0)
    left = 1.0 - share.sum(axis=0)
    return SectorWorld(
        tuple(map(str, labels)), names, blocks, share, left, sales, spending, final,
        (left * sales).sum(axis=0), final.sum(axis=0),
    )  # fmt: skip


def stacked(trade: Mapping[str, pd.DataFrame]) -> tuple[pd.Index, Array]:
    """Labels (N,) and flows (S,N,N) of tables by sector, the economies in the order of the first."""
    names = tuple(trade)
    labels, first = inputs.flows(trade[names[0]], f"trade[{names[0]!r}]")
    blocks = [first]
    for name in names[1:]:
        own, values = inputs.flows(trade[name], f"trade[{name!r}]")
        for label in own.symmetric_difference(labels):
            raise EquilibriumError(
                f"trade[{name!r}]: the economies differ from those of sector {names[0]!r}: {label} is in "
                "only one of them"
            )
        order = own.get_indexer(labels)
        blocks.append(values[np.ix_(order, order)])
    return labels, np.stack(blocks)


def _shares(given: pd.DataFrame | Array | None, names: tuple[str, ...], economies: int) -> Array:
    size = len(names)
    if given is None:
        return np.zeros((size, size, economies))
    if isinstance(given, pd.DataFrame):
        for axis, kind in ((given.index, "row"), (given.columns, "column")):
            for name in axis:
                inputs.choice(f"input_share: {kind}", str(name), names)
            for name in names:
                if name not in axis:
                    raise EquilibriumError(f"input_share: {kind} {name} is missing; trade has it")
        given = given.loc[list(names), list(names)].to_numpy(dtype=float)
    share = np.asarray(given, dtype=float)
    if share.shape == (size, size):
        share = np.repeat(share[:, :, None], economies, axis=2)
    if share.shape != (size, size, economies):
        raise EquilibriumError(
            f"input_share: shape ({size}, {size}) or ({size}, {size}, {economies}) is needed, "
            f"{share.shape} given"
        )
    if not (np.isfinite(share).all() and share.min() >= 0.0):
        k, s, _ = np.argwhere(~(np.isfinite(share) & (share >= 0.0)))[0]
        raise EquilibriumError(
            f"input_share: {names[k]} used by {names[s]} is not a number from 0 to 1"
        )
    whole = share.sum(axis=0)
    if whole.max() >= 1.0:
        s = int(np.argwhere(whole >= 1.0)[0][0])
        raise EquilibriumError(
            f"input_share: the inputs of {names[s]} add up to {whole[s].max():g}; less than 1 is needed, the "
            "rest is value added"
        )
    return share
