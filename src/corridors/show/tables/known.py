"""What is known: reports, where they disagree, gravity, missing trade, sources."""

from __future__ import annotations

from corridors.show import numbers as n
from corridors.show.blocks import Table, table
from corridors.show.lookups import economy, pair, pair_words, period_words
from corridors.show.tables.cells import BAND, DASH, FLOWS, cell, fixed, right, text
from corridors.study.result import StudyResult

_KINDS = {
    "fiscal_year": "fiscal year", "calendar_year": "calendar year", "partial_fiscal_year": "part of a fiscal year",
    "partial_calendar_year": "part of a calendar year", "average": "average a year",
}  # fmt: skip


def trade_history(result: StudyResult) -> Table | None:
    """Every report of the pair's trade, as reported."""
    rows = result["trade_history"]
    if not len(rows):
        return None
    first, second = pair(result)
    body = [
        (
            _upper(period_words(r.period)), _upper(text(r.reporter_view)),
            _KINDS.get(str(r.period_kind), text(r.period_kind)), _money(r.exports_musd),
            _money(r.imports_musd), _money(r.total_musd), text(r.source_title), text(r.note),
        )
        for r in rows.itertuples()
    ]  # fmt: skip
    return table(
        f"Trade between {pair_words(result)} as reported",
        (
            "Period", "Reported by", "Kind", right(f"{_upper(first)} sells", "million dollars"),
            right(f"{_upper(second)} sells", "million dollars"),
            right("Both ways", "million dollars"), "Source", "Note",
        ),
        body,
        "Source: as named in each row; addresses are in tables/trade_history.csv.",
        "Fiscal years run from July to June. Figures of different reporters and bases are shown as "
        "they are, not reconciled.",
    )  # fmt: skip


def _money(value: object) -> str:
    return fixed(value, 1)


def _upper(value: str) -> str:
    return {"cepii": "CEPII"}.get(value, value[:1].upper() + value[1:])


def disagreements(result: StudyResult) -> Table | None:
    """Reports that contradict each other, the widest gap first."""
    rows = result["disagreements"]
    if not len(rows):
        return None
    body = [
        (
            _upper(period_words(r.period)), FLOWS.get(str(r.what), text(r.what)),
            _money(r.value_a_musd), text(r.source_a), _money(r.value_b_musd), text(r.source_b),
            fixed(r.difference_percent, 0, sign=True),
        )
        for r in rows.itertuples()
    ]  # fmt: skip
    return table(
        "Reported figures that disagree, the widest gap first",
        (
            "Period", "What", right("One source", "million dollars"), "which is",
            right("Another", "million dollars"), "which is",
            right("Difference", "% of the first"),
        ),
        body,
        "Source: as named in each row; addresses are in tables/trade_history.csv.",
        f"Exports are those of {pair(result)[0]}. Periods that differ in length are compared as yearly rates.",
    )  # fmt: skip


def missing_trade_top(result: StudyResult, code: str, count: int = 12) -> Table | None:
    """Observed against expected trade of one economy with its largest expected partners, both
    directions; the study's partner is always there."""
    rows = result["missing_trade"]
    rows = rows[rows["study_economy"] == code] if len(rows) else rows
    if not len(rows):
        return None
    out = rows[rows["direction"] == "exports"].set_index("partner")
    back = rows[rows["direction"] == "imports"].set_index("partner")
    both = out[["predicted_musd"]].join(back[["predicted_musd"]], how="outer", rsuffix="_back").fillna(0.0).sum(axis=1)
    partners = list(both.sort_values(ascending=False, kind="stable").index)
    other = next((p for p in result.pair if p != code), "")
    shown = partners[:count]
    if other in partners and other not in shown:
        shown = [*shown[: count - 1], other]
    body = []
    for partner in shown:
        cells = [_upper(economy(partner))]
        for side in (out, back):
            if partner in side.index:
                r = side.loc[partner]
                cells += [
                    fixed(r["observed_musd"]),
                    fixed(r["predicted_musd"]),
                    cell(lambda v: n.significant(v, 2), r["ratio"]),
                    n.number_range(float(r["ratio_p10"]), float(r["ratio_p90"])),
                ]
            else:
                cells += [DASH] * 4
        body.append(tuple(cells))
    year = int(rows["year"].iloc[0])
    name = economy(code)
    return table(
        f"Trade of {name} in {year}: observed and expected by the gravity model, its "
        f"{n.in_words(len(body))} largest expected partners",
        (
            "Partner", right("Sold to it", "million dollars"), right("Expected", "million dollars"),
            right("Ratio", "observed / expected"), right(BAND),
            right("Bought from it", "million dollars"), right("Expected", "million dollars"),
            right("Ratio", "observed / expected"), right(BAND),
        ),
        body,
        f"Source: world trade panel {year} (UN Comtrade), CEPII GeoDist, own gravity estimate.",
        "A ratio under 1 means less trade than two such economies have on average. A dash: no report.",
    )  # fmt: skip


def sources(result: StudyResult) -> Table | None:
    """Every table of data with its source, address, licence and date."""
    rows = result["sources"]
    if not len(rows):
        return None
    body = [
        (text(r.title), text(r.source_title), text(r.url), text(r.licence), text(r.accessed)) for r in rows.itertuples()
    ]
    return table(
        "Data behind this report", ("What", "From", "Address", "Licence", "Read on"), body,
        "Source: data/datapackage.json, which describes every column.",
        "A dash under address: every row of that table carries its own.",
    )  # fmt: skip


