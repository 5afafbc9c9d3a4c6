"""The tables of ``data/`` as typed, validated frames: ``table(name)``, and a function of its own for each that the library uses.

Each function reads its CSV once, checks it against ``data/datapackage.json`` (types, limits,
allowed values, unique keys) and returns a frame that is the caller's own: changing it changes
nothing for others. A damaged table raises :class:`~corridors.errors.DataError` with file, line,
column, value and what is allowed.

Money is in million current US dollars (``_musd``), economies are ISO 3166 alpha-3 codes.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from corridors.data import package
from corridors.data.reader import read_checked
from corridors.errors import DataError
from corridors.runtime import paths, plain_files
from corridors.runtime.cache import kept


def table(name: str) -> pd.DataFrame:
    """The table ``name`` of ``data/datapackage.json``, validated.

    Columns have the types of the descriptor: string, integer (``int64``, or ``Int64`` where values
    may be missing), number (``float64``), boolean. Raises DataError if there is no such table or it
    is damaged.
    """
    # Shallow: pandas copies on write, so the cached frame stays as it was read.
    return _cached(*stamp(name)).copy(deep=False)


def stamp(name: str) -> tuple[Path, int, int, str]:
    """What tells the table ``name`` as it is now from itself at another time: a key for what is computed from it."""
    resource = package.resource(name)
    if not resource.is_table:
        raise DataError(f"{package.FILE}: {name} is a file, not a table: {resource.path}")
    try:
        found = resource.path.stat()
    except OSError:
        raise DataError(
            f"{resource.path}: missing; {package.FILE} lists it as table {name!r}"
        ) from None
    return resource.path, found.st_mtime_ns, found.st_size, resource.text


@lru_cache(maxsize=128)
def _cached(path: Path, mtime_ns: int, size: int, descriptor: str) -> pd.DataFrame:
    # The file's name and not its place: what is kept holds for the same data anywhere.
    return _checked(descriptor)


@kept
def _checked(descriptor: str) -> pd.DataFrame:
    return read_checked(package.Resource(json.loads(descriptor), paths.data()))


def provenance() -> pd.DataFrame:
    """Where every table and file comes from: name, title, source_title, source_url, licence, accessed."""
    rows = []
    for resource in package.resources().values():
        source = resource.sources[0] if resource.sources else package.Source("", "", "", "")
        titles = "; ".join(s.title for s in resource.sources)
        licences = "; ".join(dict.fromkeys(s.licence for s in resource.sources))
        rows.append((resource.name, resource.title, titles, source.path, licences, source.accessed))
    return pd.DataFrame(rows, columns=["name", "title", "source_title", "source_url", "licence", "accessed"])


def catalogue() -> pd.DataFrame:
    """The same with what is in it: name, title, file, rows, columns, source_title, source_url, licence, accessed."""
    found, there = provenance(), package.resources().values()
    rows = [len(table(r.name)) if r.is_table else None for r in there]
    found.insert(2, "file", [str(r.descriptor["path"]) for r in there])
    found.insert(3, "rows", pd.array(rows, dtype="Int64"))
    found.insert(4, "columns", [len(r.fields) for r in there])
    return found


def check() -> list[str]:
    """Validate every table and file of the package; the list of all mistakes, empty if there are none."""
    mistakes: list[str] = []
    for resource in package.resources().values():
        try:
            if resource.is_table:
                table(resource.name)
            elif not resource.path.exists():
                mistakes.append(f"{resource.path}: missing; {package.FILE} lists it as {resource.name!r}")
            elif resource.path.suffix in (".json", ".geojson"):
                plain_files.check(resource.path)
                json.loads(resource.path.read_text(encoding="utf-8"))
        except DataError as error:
            mistakes.append(str(error))
        except (ValueError, RecursionError) as error:
            mistakes.append(f"{resource.path}: not valid JSON: {error}")
    return mistakes


# --- trade, output and geography
# -------------------------------------------------------------------------


def bilateral_trade_panel() -> pd.DataFrame:
    """The world, every fourth year 1992-2016: exporter, importer, year, trade_musd, trade_agreement."""
    return table("bilateral_trade_panel")


def pair_geography() -> pd.DataFrame:
    """Unordered pairs (a < b): a, b, distance_km, contiguous, common_language, colonial_link."""
    return table("pair_geography")


def gdp() -> pd.DataFrame:
    """iso3, year, gdp_musd (million current US dollars), 1990-2023 where known."""
    return table("gdp")


def economies() -> pd.DataFrame:
    """iso3, name, demonym of every economy that occurs in the tables."""
    return table("economies")


def manufacturing_trade_panel() -> pd.DataFrame:
    """69 economies, six years 1986-2006, intra-national trade included; for published results and backtests."""
    return table("manufacturing_trade_panel")


def manufacturing_trade_pairs() -> pd.DataFrame:
    """Geography of the pairs of :func:`manufacturing_trade_panel` (a = b: within the economy)."""
    return table("manufacturing_trade_pairs")


def trade_series() -> pd.DataFrame:
    """What reporters said about one pair's trade: economy, partner, reporter_view, period, period_kind, start,
    end, exports_musd (economy to partner), imports_musd, total_musd, note, source_title,
    source_url."""
    return table("trade_series")


def world_trade() -> pd.DataFrame:
    """Trade of the newest years, reconciled from both sides: exporter, importer, year, trade_musd (empty where unknown), status
    (reported, unreported). A pair of its economies that has no row in a year is zero."""
    return table("world_trade")


def unreported_flows() -> pd.DataFrame:
    """Flows that neither side reports in :func:`world_trade`, from other sources, by period."""
    return table("unreported_flows")


def trade_totals() -> pd.DataFrame:
    """Total exports and imports of economies that report nothing in :func:`world_trade`."""
    return table("trade_totals")


def closed_pairs() -> pd.DataFrame:
    """Pairs whose trade policy holds down, since when and until when."""
    return table("closed_pairs")


def one_off_cargoes() -> pd.DataFrame:
    """Cargoes that will not come every year, with the months they fell in."""
    return table("one_off_cargoes")


def trade_composition_by_economy() -> pd.DataFrame:
    """What economies sell (``x_``: 16 groups of goods, four stages of processing) and buy (``m_``:
    four stages), as shares."""
    return table("trade_composition_by_economy")


def imf_weo() -> pd.DataFrame:
    """GDP, prices and population by the IMF, forecasts included: iso3, year, gdp_busd, real_growth_pct and others."""
    return table("imf_weo")


def ssp2() -> pd.DataFrame:
    """GDP (PPP) and population to 2060, every five years: iso3, year, gdp_ppp_b, population_m."""
    return table("ssp2")


def forecast_first_scores() -> pd.DataFrame:
    """Forecasts of version 0.1 scored on 2023 before the method was changed; kept as it came out."""
    return table("forecast_first_scores")


# --- natural experiments
# -----------------------------------------------------------------------------------


def sectors() -> pd.DataFrame:
    """Sectors of trade and production: cargo class, groups of goods, shares of value added and of final demand."""
    return table("sectors")


def sector_inputs() -> pd.DataFrame:
    """What sectors use of one another, as shares of the user's sales."""
    return table("sector_inputs")


def sector_shares() -> pd.DataFrame:
    """Known compositions of flows by sector, with ranges; ``*`` stands for all other partners."""
    return table("sector_shares")


def trade_elasticities_gtap() -> pd.DataFrame:
    """Elasticities of trade to tariffs and distance by product group and the sector it belongs to."""
    return table("trade_elasticities_gtap")


def frictions() -> pd.DataFrame:
    """Costs of trade that no road mends (payments, sanctions, insecurity), with range and source."""
    return table("frictions")


def flight_studies() -> pd.DataFrame:
    """What a frequent direct air service does for trade in differentiated goods, percent, by study."""
    return table("flight_studies")


def hidden_cost() -> pd.DataFrame:
    """Named parts of the road's hidden cost, each with range and source."""
    return table("hidden_cost")


def regime_effects() -> pd.DataFrame:
    """Share of a named part of the hidden cost that a kind of measure takes away."""
    return table("regime_effects")


def regime_studies() -> pd.DataFrame:
    """What transit regimes, single windows and regular services did elsewhere."""
    return table("regime_studies")


def corridor_adoption() -> pd.DataFrame:
    """Traffic of corridors that opened, by year."""
    return table("corridor_adoption")


# --- transport
# -------------------------------------------------------------------------------------------


def unit_values() -> pd.DataFrame:
    """Dollars a tonne of goods seen on these routes, each with its source."""
    return table("unit_values")


def transport_facts() -> pd.DataFrame:
    """Distances, days, hours, capacities, flows and rates as published, each with its address."""
    return table("transport_facts")


def real_cases() -> pd.DataFrame:
    """Real cases at borders and on routes, and how the model computes the same."""
    return table("real_cases")


def experiments() -> pd.DataFrame:
    """Borders that shut, opened or slowed, each written as a measure of the model."""
    return table("experiments")


def experiments_first_predictions() -> pd.DataFrame:
    """What the model said of each experiment before anything was compared."""
    return table("experiments_first_predictions")


def experiments_measured() -> pd.DataFrame:
    """Experiments measured in something else than a pair's trade, and how the model computes each."""
    return table("experiments_measured")


def experiments_measured_first_predictions() -> pd.DataFrame:
    """What the model said of each of them before anything was compared."""
    return table("experiments_measured_first_predictions")


def experiments_measured_observed() -> pd.DataFrame:
    """What came of them, with its address."""
    return table("experiments_measured_observed")


def experiments_observed() -> pd.DataFrame:
    """What came of an experiment, with its address; one that has no row waits for a figure."""
    return table("experiments_observed")


def places() -> pd.DataFrame:
    """Places of the network: place, name, kind, economies, latitude, longitude."""
    return table("places")


def links() -> pd.DataFrame:
    """Links between places: from, to, mode, length_km and what else the network needs."""
    return table("links")


def crossings() -> pd.DataFrame:
    """Border crossings: capacity, hours, state and since when, background traffic, with sources."""
    return table("crossings")


def truck_values() -> pd.DataFrame:
    """Dollars of goods on a truck at crossings where they are reported, with range and source."""
    return table("truck_values")


def services() -> pd.DataFrame:
    """Scheduled services (sea, rail, air): endpoints, days, departures, rates, with sources."""
    return table("services")


def gateways() -> pd.DataFrame:
    """Where an economy's trade enters the network, and with what share."""
    return table("gateways")


def road_costs() -> pd.DataFrame:
    """Dollars a tonne-kilometre, speed and hours of driving a day by economy, with ranges and sources."""
    return table("road_costs")


def hours_with_queue() -> pd.DataFrame:
    """Crossings whose hours were measured from arrival to release, with what was measured and where."""
    return table("hours_with_queue")


def recent_closures() -> pd.DataFrame:
    """Crossings shut since the base year of traffic, and the days a year they were shut then."""
    return table("recent_closures")


def bulk_by_road() -> pd.DataFrame:
    """Directed pairs whose bulk goes by truck: the share that does, and the part of their trucks that carry it."""
    return table("bulk_by_road")


def direct_air_services_2014() -> pd.DataFrame:
    """Pairs of economies joined by non-stop passenger services in 2014."""
    return table("direct_air_services_2014")


def air_services() -> pd.DataFrame:
    """Newer reports of direct passenger services, in whose place they stand of those of 2014."""
    return table("air_services")


def cargo_classes() -> pd.DataFrame:
    """Cargo classes: dollars a tonne, value of a day, payload, whether goods go by truck."""
    return table("cargo_classes")


def measure_costs() -> pd.DataFrame:
    """What measures usually cost by kind: low, middle and high capital a unit, yearly share, life, who pays."""
    return table("measure_costs")


def emission_intensities() -> pd.DataFrame:
    """Greenhouse gases a tonne-kilometre by mode, with range and source."""
    return table("emission_intensities")


def line_shapes() -> dict[str, Any]:
    """Simplified lines of the links as a GeoJSON FeatureCollection (properties: from, to, straight)."""
    return _geojson("lines")


def outlines() -> dict[str, Any]:
    """Coasts, borders and sea lanes for maps as a GeoJSON FeatureCollection (properties: ``kind`` land, border with
    ``status`` international or disputed, sea_lane with from, to, via, name with points where it
    fits)."""
    return _geojson("outlines")


def world_outlines() -> dict[str, Any]:
    """The same for the whole world and coarser, without sea lanes."""
    return _geojson("world_outlines")


def _geojson(name: str) -> dict[str, Any]:
    path = package.resource(name).path
    try:
        plain_files.check(path)
        shapes: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise DataError(f"{path}: missing; {package.FILE} lists it as {name!r}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not valid JSON: {error}") from None
    return shapes


# --- validation
# ---------------------------------------------------------------------------------------------


def published_results() -> pd.DataFrame:
    """Results printed in the literature that the model must reproduce, each with where it stands."""
    return table("published_results")


def published_appraisals() -> pd.DataFrame:
    """Costs and benefits by year of published appraisals: appraisal, flow, year, value."""
    return table("published_appraisals")


# --- parameters
# ------------------------------------------------------------------------------------------


def parameters() -> pd.DataFrame:
    """Every uncertain quantity: parameter, symbol, central, low, high, distribution, unit, meaning, source."""
    return table("parameters")
