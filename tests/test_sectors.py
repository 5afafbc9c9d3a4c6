"""Trade of the world by sector: what is known is met, what is made can be bought, and odd rows are told."""

from __future__ import annotations

import numpy as np
import pytest

from corridors.data import tables
from corridors.trade import cargo, sectors, world


@pytest.fixture(scope="module")
def found() -> sectors.Composition:
    return sectors.composition()


def test_every_flow_is_divided_whole(found: sectors.Composition) -> None:
    flows = world.base_matrix().to_numpy().copy()
    np.fill_diagonal(flows, 0.0)
    np.testing.assert_allclose(found.trade.sum(axis=0), flows, rtol=1e-9)
    assert (found.trade >= 0).all()


def test_exporters_sell_what_they_report(found: sectors.Composition) -> None:
    """Pakistan's exports as it reported them; other sources (importers' stages, known pairs) pull by little."""
    table = tables.trade_composition_by_economy().set_index("iso3")
    textiles = ["x_hides_and_skins", "x_textiles_and_clothing", "x_footwear"]
    for economy in ("PAK", "BGD", "DEU", "CHN", "RUS", "SAU", "KAZ"):
        i = found.economies.index(economy)
        ours = found.trade[:, i].sum(axis=1)
        ours = dict(zip(found.goods, ours / ours.sum(), strict=True))
        groups = table.loc[economy, [c for c in table if c.startswith("x_")][:16]]
        told = table.loc[economy, textiles].sum() / groups.sum()
        assert ours["textiles"] == pytest.approx(told, abs=0.01), economy
    assert found.off < 0.02


def test_known_compositions_are_held(found: sectors.Composition) -> None:
    known = tables.sector_shares()
    for (a, b), rows in known[known["importer"] != "*"].groupby(["exporter", "importer"]):
        ours = dict(zip(found.goods, found.shares((str(a), str(b))), strict=True))
        for row in rows.itertuples():
            assert ours[row.sector] == pytest.approx(row.share, abs=1e-9)
    assert (known["share_low"] <= known["share"]).all() and (known["share"] <= known["share_high"]).all()
    np.testing.assert_allclose(known.groupby(["exporter", "importer"])["share"].sum(), 1.0)


def test_neighbours_buy_what_neighbours_make(found: sectors.Composition) -> None:
    """What nobody put in: Gulf oil to Pakistan, Pakistani clothing to America, Chinese machines to Russia."""
    largest = {("SAU", "PAK"): "fuels", ("PAK", "USA"): "textiles", ("CHN", "RUS"): "machinery", ("DEU", "CHN"): "machinery"}
    for pair, sector in largest.items():
        assert found.goods[int(found.shares(pair).argmax())] == sector, pair


def test_economies_without_a_report_are_told(found: sectors.Composition) -> None:
    basis = dict(zip(found.economies, found.basis, strict=True))
    assert basis["UZB"] == basis["AFG"] == sectors.OWN_ROW
    assert basis["PAK"] == sectors.REPORTED
    assert 0 < sum(b == sectors.NEAR for b in found.basis) < 40


def test_the_world_of_sectors_adds_up() -> None:
    base = sectors.base_world()
    whole = world.build()
    size = len(base.names)
    np.testing.assert_allclose(base.value_added.sum(), base.final_spending.sum(), rtol=1e-9)
    np.testing.assert_allclose(base.sales, np.einsum("sij->si", base.flows))
    home = np.einsum("sii->si", base.flows)
    got = base.spending - home
    assert (home[: size - 1] >= 0.0999 * got[: size - 1]).all()
    assert (base.final >= 0).all()
    ratio = base.value_added / whole.gdp_musd.to_numpy()
    # at least GDP; more only where goods pass through
    assert ratio.min() > 1 - 1e-6
    assert np.median(ratio) < 1.01
    over = {e for e, r in zip(base.labels, ratio, strict=True) if r > 1.3}
    assert "HKG" in over and not over & {"CHN", "USA", "RUS", "PAK", "DEU", "IND"}
    # gross output over value added, as in input-output tables
    assert 1.7 < base.sales.sum() / base.value_added.sum() < 2.2


def test_every_good_has_a_cargo_class() -> None:
    table = tables.sectors().set_index("sector")
    classes = set(cargo.CLASSES)
    assert set(table.loc[list(sectors.goods()), "cargo_class"]) == classes
    own = tables.sector_shares()["cargo_class"].dropna()
    assert set(own) - {""} <= classes
    share = sectors.input_share()
    np.testing.assert_allclose(share.sum(axis=0) + table.loc[list(sectors.names()), "value_added_share"], 1.0, atol=2e-4)
    assert tables.sectors()["final_share"].sum() == pytest.approx(1.0, abs=1e-3)


def test_every_group_of_goods_belongs_to_one_sector() -> None:
    groups = [g for row in tables.sectors()["goods"].dropna() for g in str(row).split()]
    all_groups = [c for c in tables.trade_composition_by_economy() if c.startswith("x_")][:16]
    assert sorted(groups) == sorted(all_groups)
    assert set(tables.trade_elasticities_gtap()["sector"]) == set(sectors.goods())
