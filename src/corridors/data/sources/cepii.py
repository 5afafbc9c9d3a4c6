"""Trade from BACI and geography from CEPII's Gravity file, as downloaded by the user from www.cepii.fr.

Both come as CSV of up to several gigabytes; polars streams them, so that memory stays far below the
file's size.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import polars as pl

from corridors.data import names as vocabulary
from corridors.data.sources.http import require_columns
from corridors.errors import SourceError, one_line
from corridors.runtime import plain_files

_TAIWAN = 490
_BACI = ("t", "i", "j", "k", "v", "q")
_CODES = ("country_code", "country_iso3")
_GRAVITY = ("year", "iso3_o", "iso3_d", "dist", "contig", "comlang_off", "col_dep_ever")


def kind_of(file: Path) -> str:
    """``baci``, ``codes`` or ``gravity``, by the file's columns."""
    plain_files.check(file, None)
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as packed:
            inside = ", ".join(packed.namelist()[:6])
        raise SourceError(f"{one_line(file)}: is a zip file; unpack it and name the CSV files in it ({inside})")
    header = _header(file)
    for kind, needed in (("baci", _BACI), ("codes", _CODES), ("gravity", ("iso3_o", "iso3_d"))):
        if set(needed) <= set(header):
            return kind
    raise SourceError(
        f"{one_line(file)}: neither BACI ({', '.join(_BACI)}), its country codes ({', '.join(_CODES)}) "
        f"nor Gravity ({', '.join(_GRAVITY)}); it has: {', '.join(header[:12])}"
    )


def baci_exports(files: Sequence[Path]) -> pd.DataFrame:
    """Exports by pair and year from BACI files: exporter, importer, year, trade_musd (positive).

    The table of country codes that comes with BACI is one of ``files`` or lies beside the first of
    them.
    """
    baci = [f for f in files if kind_of(f) == "baci"]
    if not baci:
        raise SourceError("CEPII: none of the files is a BACI file (columns t, i, j, k, v, q)")
    codes = [f for f in files if kind_of(f) == "codes"] or sorted(baci[0].parent.glob("country_codes*.csv"))
    if not codes:
        raise SourceError(
            f"{baci[0].parent}: BACI's table of country codes (country_codes_V....csv) is missing beside {baci[0].name}"
        )
    require_columns(_header(codes[0]), _CODES, str(codes[0]))
    names = pl.scan_csv(codes[0]).select(code=pl.col("country_code").cast(pl.Int64), iso3=pl.col("country_iso3"))
    # BACI's Taiwan is 490, "Other Asia, not elsewhere specified", coded S19 or N/A according to the
    # edition.
    names = names.with_columns(iso3=pl.when(pl.col("code") == _TAIWAN).then(pl.lit("TWN")).otherwise(pl.col("iso3")))
    names = names.filter(pl.col("iso3").is_in(list(vocabulary.economies())))
    for file in baci:
        require_columns(_header(file), _BACI, str(file))
    flows = pl.scan_csv(
        baci,
        schema_overrides={
            "t": pl.Int64,
            "i": pl.Int64,
            "j": pl.Int64,
            "k": pl.String,
            "v": pl.String,
            "q": pl.String,
        },
    )
    try:
        summed = (
            flows.select("t", "i", "j", value=pl.col("v").str.strip_chars().cast(pl.Float64, strict=True))
            .group_by("t", "i", "j").agg(pl.col("value").sum())
            .join(names.rename({"code": "i", "iso3": "exporter"}), on="i")
            .join(names.rename({"code": "j", "iso3": "importer"}), on="j")
            # BACI counts thousands of dollars.
            .select("exporter", "importer", year=pl.col("t"), trade_musd=pl.col("value") / 1000)
            .sort("exporter", "importer", "year")
            .collect(engine="streaming")
        )
    except pl.exceptions.PolarsError as error:
        raise SourceError(
            f"CEPII: {', '.join(f.name for f in baci)}: not readable as BACI: {str(error).splitlines()[0]}"
        ) from None
    if summed.is_empty():
        raise SourceError(f"CEPII: {baci[0].name}: no flow between economies of data/economies.csv")
    return summed.to_pandas()


def reconciled(known: pd.DataFrame, flows: pd.DataFrame) -> pd.DataFrame:
    """The table ``world_trade`` with the years of ``flows`` (exporter, importer, year, trade_musd) added, or put in the place of theirs.

    A pair of the same edition without a flow traded nothing, unless neither side reports: which
    pairs those are no file says, so that what the newest year before (or the table's only year)
    marks as unreported and has no flow now stays marked.
    """
    out = known
    for year in sorted(flows["year"].unique()):
        own = flows[flows["year"] == year]
        others = known[known["year"] != year]
        before = others[others["year"] < year] if (others["year"] < year).any() else known
        marked = before[(before["year"] == before["year"].max()) & (before["status"] == "unreported")]
        silent = marked.merge(own[["exporter", "importer"]], on=["exporter", "importer"], how="left", indicator=True)
        silent = silent.loc[silent["_merge"] == "left_only", ["exporter", "importer"]].assign(
            trade_musd=float("nan"), status="unreported"
        )
        said = own[own["exporter"] != own["importer"]][["exporter", "importer", "trade_musd"]].assign(status="reported")
        new = pd.concat([said, silent], ignore_index=True).assign(year=int(year))
        out = pd.concat([out[out["year"] != year], new[known.columns]], ignore_index=True)
    return out.sort_values(["year", "exporter", "importer"], ignore_index=True)


def gravity_geography(file: Path) -> pd.DataFrame:
    """Geography as ``data/pair_geography.csv`` holds it, from CEPII's Gravity file (its latest year)."""
    require_columns(_header(file), _GRAVITY, str(file))
    flags = ("contig", "comlang_off", "col_dep_ever")
    rows = pl.scan_csv(file, schema_overrides={c: pl.String for c in _GRAVITY}, infer_schema=False).select(_GRAVITY)
    rows = rows.filter(
        pl.col("iso3_o").is_in(list(vocabulary.economies())) & pl.col("iso3_d").is_in(list(vocabulary.economies()))
        & (pl.col("iso3_o") < pl.col("iso3_d")) & pl.col("dist").is_not_null() & (pl.col("dist") != "")
    )
    try:
        latest = (
            rows.with_columns(pl.col("year").cast(pl.Int64), pl.col("dist").cast(pl.Float64))
            .group_by("iso3_o", "iso3_d")
            .agg(pl.all().sort_by("year").last())
            .select(
                a="iso3_o",
                b="iso3_d",
                distance_km=pl.col("dist").round().cast(pl.Int64),
                contiguous=pl.col("contig"),
                common_language=pl.col("comlang_off"),
                colonial_link=pl.col("col_dep_ever"),
            )
            .with_columns(
                pl.col("contiguous", "common_language", "colonial_link")
                .cast(pl.Float64)
                .fill_null(0)
                .cast(pl.Int64)
            )
            .sort("a", "b")
            .collect(engine="streaming")
        )
    except pl.exceptions.PolarsError as error:
        raise SourceError(
            f"{one_line(file)}: not readable as Gravity ({', '.join(flags)}): {str(error).splitlines()[0]}"
        ) from None
    if latest.is_empty():
        raise SourceError(f"{one_line(file)}: no pair of economies of data/economies.csv")
    return latest.to_pandas()


def _header(file: Path) -> list[str]:
    try:
        with file.open(encoding="utf-8-sig") as handle:
            line = handle.readline(64 * 1024)
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{one_line(file)}: cannot be read: {error}") from None
    return [cell.strip().strip('"') for cell in line.rstrip("\r\n").split(",")]
