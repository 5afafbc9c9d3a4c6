"""Cargo classes of any pair from what the one sells and the other buys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors.data import tables
from corridors.trade import cargo, composition, elasticities, flow_targets, sectors
from corridors.transport.world_network import mode_model
from corridors.uncertainty import draws

KNOWN = sorted(tables.trade_composition_by_economy()["iso3"])


@given(st.sampled_from(KNOWN), st.sampled_from(KNOWN))
def test_shares_are_shares(exporter: str, importer: str) -> None:
    found = composition.class_shares(exporter, importer)
    if found is None:
        return
    low, high, rest = found
    assert 0 <= low <= high <= 1
    assert rest.sum() == pytest.approx(1) and (rest >= 0).all()
    shares = cargo.shares(exporter, importer, np.linspace(0, 1, 3))
    assert shares.sum(axis=1) == pytest.approx(np.ones(3))


def test_economies_sell_what_they_are_known_for() -> None:
    middle = np.array([0.5])
    angola, bangladesh, germany, kenya = (cargo.shares(e, "CHN", middle)[0] for e in ("AGO", "BGD", "DEU", "KEN"))
    assert angola[3] > 0.8, "oil"
    assert bangladesh[1] > 0.6, "clothing"
    assert germany[2] > 0.7, "machinery"
    assert kenya[0] > 0.3, "tea and flowers"


def test_a_buyer_of_capital_goods_is_sold_more_of_them() -> None:
    table = tables.trade_composition_by_economy().set_index("iso3")["m_raw_materials"].dropna().sort_values()
    few, much = str(table.index[5]), str(table.index[-5])
    assert composition.class_shares("KAZ", few)[0] <= composition.class_shares("KAZ", much)[0]  # type: ignore[index]


def test_a_pair_with_a_row_of_its_own_keeps_it_and_an_unknown_exporter_is_like_any() -> None:
    rows = tables.table("class_shares").set_index(["exporter", "importer"])
    assert cargo.shares("RUS", "PAK", np.array([0.0]))[0, 3] == pytest.approx(rows.loc[("RUS", "PAK"), "bulk_low"])
    assert cargo.shares("XXX", "DEU", np.array([0.0]))[0, 3] == pytest.approx(rows.loc[("*", "*"), "bulk_low"])
    many = cargo.usual_shares([("DEU", "FRA"), ("RUS", "PAK")])
    assert many[0] == pytest.approx(cargo.shares("DEU", "FRA", np.array([0.5]))[0])


def _bulk(sales: Mapping[str, float]) -> float:
    return sum(sales[g] * share for g, (share, _, _) in composition.GROUPS.items()) / sum(sales[g] for g in composition.GROUPS)


def test_an_exporter_without_a_report_sells_what_its_neighbours_do_in_a_range_that_holds_four_in_five() -> None:
    """Each economy that reports, from its five nearest without itself."""
    sold = tables.trade_composition_by_economy().set_index("iso3")[list(composition.GROUPS)].fillna(0.0)
    sold = sold[sold.sum(axis=1) > 0.5]
    missed = []
    for economy in sold.index:
        near = composition.nearest(economy, set(sold.index))
        if near:
            assert economy not in near and len(near) == composition.NEIGHBOURS
            mean = sold.loc[near].div(sold.loc[near].sum(axis=1), axis=0).mean()
            missed.append(abs(_bulk(mean) - _bulk(sold.loc[economy])))
    assert np.mean(np.array(missed) <= composition.ROOM_NEAR) == pytest.approx(0.8, abs=0.03)
    low, high, rest = composition.class_shares("ROU", "DEU")  # type: ignore[misc]
    assert high - low > 2 * composition.ROOM and rest.sum() == pytest.approx(1)


def test_sectors_that_are_told_of_an_exporter_hold() -> None:
    rows = tables.sector_shares()
    told = rows[(rows["exporter"] == "AFG") & (rows["importer"] == "*")].set_index("sector")["share"]
    sales = composition._estimated("AFG", (tables.stamp("trade_composition_by_economy"), tables.stamp("sector_shares")))
    assert sales is not None
    for sector, groups in tables.sectors().set_index("sector")["goods"].dropna().items():
        assert sum(sales[g] for g in groups.split()) == pytest.approx(told[sector])


def test_the_classes_of_a_pair_lie_between_those_of_its_two_directions() -> None:
    mix, ways = mode_model.goods_of("KGZ", "UZB").mix, cargo.usual_shares([("KGZ", "UZB"), ("UZB", "KGZ")])
    assert mix.sum() == pytest.approx(1) and (mix >= ways.min(axis=0)).all() and (mix <= ways.max(axis=0)).all()
    assert mix == pytest.approx(mode_model.goods_of("UZB", "KGZ").mix)


@pytest.fixture
def forgotten() -> Iterator[None]:
    """The world by sector is made once a process: what was made of a copy's tables is not for the tests that follow."""
    yield
    sectors.composition.cache_clear()
    sectors.base_world.cache_clear()


@pytest.mark.usefixtures("forgotten")
def test_what_is_computed_from_a_table_follows_it(project: Path) -> None:
    """Each of these is kept between calls, as long as its table is as it was."""

    def rewritten(name: str, file: str, **columns: object) -> None:
        tables.table(name).assign(**columns).to_csv(project / "data" / file, index=False, lineterminator="\n")

    sold = composition.class_shares("DEU", "KAZ")
    rewritten("trade_composition_by_economy", "trade_composition_by_economy.csv", x_fuels=0.9)
    assert sold is not None and composition.class_shares("DEU", "KAZ")[0] > sold[0] + 0.1  # type: ignore[index]

    row = tables.closed_pairs().iloc[0]
    assert flow_targets.closure_of((row["b"], row["a"]), int(row["since"])) == row["policy"]
    rewritten("closed_pairs", "closed_pairs.csv", since=2090, until=2099)
    assert flow_targets.closure_of((row["b"], row["a"]), int(row["since"])) is None

    spread = elasticities.relative()["elasticity"]
    rewritten("trade_elasticities_gtap", "trade_elasticities_gtap.csv", tariff_elasticity=-2.0)
    assert not spread.eq(2.0).all() and elasticities.relative()["elasticity"].to_numpy() == pytest.approx(2.0)

    literature = {"parameter": "trade_elasticity", "distribution": "mixture", "low": 1.0, "central": 2.0, "high": 3.0}
    before = draws.quantile(literature, 0.5)
    rewritten("trade_elasticity_literatures", "trade_elasticity_literatures.csv", low=6.0, median=7.0, high=8.0)
    assert before != pytest.approx(7.0, rel=1e-3) and draws.quantile(literature, 0.5) == pytest.approx(7.0, rel=1e-3)
