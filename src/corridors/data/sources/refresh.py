"""Bring newer figures into ``data/``: fetch, show what would change, ask, keep the old, write
whole, note the source."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from corridors.data import package as datapackage
from corridors.data import tables
from corridors.data.reader import read_checked
from corridors.data.sources import cepii, comtrade, history, imf, plausible, worldbank
from corridors.errors import DataError, SourceError
from corridors.runtime import paths


@dataclass(frozen=True)
class Proposal:
    """A table as it would be, and the source to note for it."""

    table: str
    frame: pd.DataFrame
    title: str
    address: str
    licence: str


@dataclass(frozen=True)
class Diff:
    """What a proposal would change."""

    table: str
    added: pd.DataFrame
    removed: pd.DataFrame
    changed: pd.DataFrame  # key columns, column, old, new

    def __bool__(self) -> bool:
        return bool(len(self.added) or len(self.removed) or len(self.changed))

    def __str__(self) -> str:
        lines = [
            f"{self.table}: {len(self.added):,} rows new, {len(self.removed):,} gone, "
            f"{len(self.changed):,} values changed"
        ]
        for name, frame in (("new", self.added), ("gone", self.removed)):
            if len(frame) and "year" in frame:
                years = frame["year"].value_counts().sort_index()
                lines.append(f"  {name}: " + ", ".join(f"{n:,} of {year}" for year, n in years.tail(8).items()))
        if len(self.changed):
            old, new = (pd.to_numeric(self.changed[side], errors="coerce") for side in ("old", "new"))
            largest = self.changed.assign(size=(new / old.replace(0, np.nan) - 1).abs())
            for _, row in largest.sort_values("size", ascending=False, kind="stable").head(8).iterrows():
                key = " ".join(str(row[c]) for c in self.changed.columns[:-3])
                lines.append(f"  {key} {row['column']}: {_written(row['old'])} -> {_written(row['new'])}")
        return "\n".join(lines)


def _written(value: object) -> str:
    """A value of a table in a line for people: numbers short, text as it is, a dash for none."""
    if pd.isna(value):
        return "\u2013"
    return value if isinstance(value, str) else f"{value:g}"


def refresh(
    source: str,
    *,
    files: Sequence[Path] = (),
    year: int | None = None,
    confirm: Callable[[str], bool],
    say: Callable[[str], None],
    try_out: Callable[[Path], str] = lambda _: "",
    dry_run: bool = False,
) -> int:
    """Refresh from ``worldbank``, ``imf``, ``comtrade``, ``cepii`` or ``all``; 0 if everything that was asked for was done.

    Nothing is written before ``confirm(question)`` says yes. Raises SourceError if a source fails:
    ``data/`` is then as it was. ``try_out`` gets a folder with the data as they would be, and says
    what is wrong with them for the model (nothing if it can be computed): what breaks a study is
    refused here. A ``dry_run`` does all of this and writes nothing. Nothing is fetched where
    ``data/`` is the copy inside the installed package.
    """
    if paths.inside_package():
        raise SourceError(
            "data lie inside the installed package and would be lost with its next version: work in a checkout, or "
            "name a folder with data/, scenarios/ and notebooks/ in the environment variable CORRIDORS_ROOT"
        )
    proposals: list[Proposal] = []
    if source in ("worldbank", "all"):
        say("World Bank: gross domestic product ...")
        proposals.append(_worldbank())
    if source in ("imf", "all"):
        say("IMF: World Economic Outlook ...")
        proposals.append(_imf())
    if source in ("comtrade", "all"):
        wanted = year or date.today().year - 2
        _has_gdp(wanted, proposals)
        say(f"UN Comtrade: exports and imports of {wanted} ...")
        proposals.append(_comtrade(wanted, say))
    if source == "cepii" or (source == "all" and files):
        if not files:
            raise SourceError("CEPII: download BACI or Gravity from www.cepii.fr, then name the files with --file")
        proposals += _cepii(files, year)
    if any(diff(p.table, tables.table(p.table), p.frame) for p in proposals):
        say("trying the model on what would be the data ...")
        _try(proposals, try_out)
    folder = history.new_folder()
    for proposal in proposals:
        if proposal.table in ("bilateral_trade_panel", "world_trade"):
            _has_gdp(int(proposal.frame["year"].max()))
        if dry_run:
            say(
                str(
                    diff(proposal.table, tables.table(proposal.table), proposal.frame)
                    or f"{proposal.table}: nothing new"
                )
            )
        else:
            apply(proposal, confirm, say, folder)
    if dry_run:
        say("nothing written: a dry run")
    return 0


def _try(proposals: Sequence[Proposal], try_out: Callable[[Path], str]) -> None:
    """SourceError if the model cannot be computed from the data as they would be."""
    with tempfile.TemporaryDirectory(prefix="corridors-") as name:
        for folder in (paths.data(), paths.scenarios()):
            shutil.copytree(folder, Path(name) / folder.name)
        for proposal in proposals:
            resource = datapackage.resource(proposal.table)
            _write_table(proposal, Path(name) / "data" / str(resource.descriptor["path"]))
        wrong = try_out(Path(name))
    if wrong:
        raise SourceError(
            f"{', '.join(p.title for p in proposals)}: with these figures the model cannot be "
            f"computed; nothing written: {wrong}"
        )


def _write_table(proposal: Proposal, file: Path) -> None:
    columns = [f.name for f in datapackage.resource(proposal.table).fields]
    proposal.frame[columns].to_csv(file, index=False, lineterminator="\n", float_format="%.6g")


def _has_gdp(year: int, proposals: Sequence[Proposal] = ()) -> None:
    """SourceError for trade of a year whose GDP is neither in the data nor about to be: the model could not use it."""
    last = max(int(frame["year"].max()) for frame in (tables.gdp(), *(p.frame for p in proposals if p.table == "gdp")))
    if year > last:
        raise SourceError(
            f"trade of {year} needs GDP of {year}, and data/gdp.csv ends in {last}: "
            f"first corridors data refresh worldbank, or ask for --year {last}"
        )


def apply(
    proposal: Proposal,
    confirm: Callable[[str], bool],
    say: Callable[[str], None],
    folder: Path | None = None,
) -> bool:
    """Show the difference, ask, and write; True if the table was written. ``folder`` takes the old table."""
    difference = diff(proposal.table, tables.table(proposal.table), proposal.frame)
    if not difference:
        say(f"{proposal.table}: nothing new")
        return False
    say(str(difference))
    if not confirm(f"Write data/{datapackage.resource(proposal.table).descriptor['path']}?"):
        say(f"{proposal.table}: nothing written (answer yes, or give --yes)")
        return False
    kept = write(proposal, folder)
    say(f"{proposal.table}: written; the old table is kept as {kept} (corridors data undo puts it back)")
    return True


def diff(table: str, old: pd.DataFrame, new: pd.DataFrame) -> Diff:
    """Rows that come and go, and values that change, by the table's key."""
    key = list(datapackage.resource(table).primary_key)
    both = old.merge(new, on=key, how="outer", suffixes=("_old", "_new"), indicator=True)
    values = [c for c in old.columns if c not in key]
    parts = []
    common = both[both["_merge"] == "both"]
    for column in values:
        a, b = (common[f"{column}_{side}"] for side in ("old", "new"))
        differs = _differs(a, b)
        parts.append(
            common.loc[differs, key].assign(
                column=column, old=a[differs].astype(object), new=b[differs].astype(object)
            )
        )
    return Diff(
        table,
        both.loc[both["_merge"] == "right_only", key],
        both.loc[both["_merge"] == "left_only", key],
        pd.concat(parts, ignore_index=True),
    )


def _differs(old: pd.Series, new: pd.Series) -> np.ndarray:
    """Where values differ: numbers by more than a millionth, all else as text; two that are missing are the same."""
    if all(pd.api.types.is_numeric_dtype(values) for values in (old, new)):
        return np.asarray(~np.isclose(old.astype(float), new.astype(float), rtol=1e-6, atol=0, equal_nan=True))
    same = (old.astype(str) == new.astype(str)) & (old.isna() == new.isna())
    return np.asarray(~(same | (old.isna() & new.isna())), dtype=bool)


def write(proposal: Proposal, folder: Path | None = None) -> Path:
    """Validate and write a proposal whole, keep the old table, note source and date; the path of the old table."""
    resource = datapackage.resource(proposal.table)
    scratch = resource.path.with_name(f".{resource.path.name}.new")
    _write_table(proposal, scratch)
    try:
        # Checked as it will be read, before it replaces anything.
        relative = scratch.relative_to(resource.folder)
        read_checked(datapackage.Resource({**resource.descriptor, "path": str(relative)}, resource.folder))
        kept = history.keep(proposal.table, folder or history.new_folder())
        os.replace(scratch, resource.path)
    except DataError as error:
        scratch.unlink(missing_ok=True)
        raise SourceError(f"{proposal.title}: does not fit the table; nothing written: {error}") from None
    note = {
        "title": proposal.title,
        "path": proposal.address,
        "licence": proposal.licence,
        "accessed": date.today().isoformat(),
    }
    others = [s for s in resource.descriptor["sources"] if s["title"] != proposal.title]
    history.set_sources(proposal.table, [note, *others])
    return kept


# --- proposals
# -------------------------------------------------------------------------------------------


def _worldbank() -> Proposal:
    old = tables.gdp()
    fetched = plausible.gdp(worldbank.gdp(worldbank.client()), old)
    # Years that the source no longer gives (Taiwan, Venezuela) stay as they were.
    merged = pd.concat([fetched, old]).drop_duplicates(["iso3", "year"], keep="first").sort_values(["iso3", "year"])
    return Proposal(
        "gdp", merged.reset_index(drop=True),
        "World Bank, World Development Indicators, GDP (current US$), NY.GDP.MKTP.CD",
        "https://data.worldbank.org/indicator/NY.GDP.MKTP.CD", "CC BY 4.0",
    )


def _imf() -> Proposal:
    return Proposal(
        "imf_weo",
        imf.outlook(imf.client(), tables.imf_weo()),
        "International Monetary Fund, World Economic Outlook, newest edition (DataMapper)",
        "https://www.imf.org/external/datamapper",
        "IMF terms: use with the source named (https://www.imf.org/en/about/copyright-and-terms)",
    )


def _comtrade(year: int, say: Callable[[str], None]) -> Proposal:
    panel, source = tables.bilateral_trade_panel(), comtrade.client()
    sold = comtrade.exports(source, year, say)
    bought = comtrade.imports(source, year, say)
    plausible.trade(pd.concat([sold, _of_silent(sold, bought)], ignore_index=True), panel)
    return Proposal(
        "bilateral_trade_panel", with_year(panel, sold, bought),
        f"UN Comtrade, exports of {year}, and imports from those who report none",
        "https://comtradeplus.un.org", "UN Comtrade terms of use",
    )


def _cepii(files: Sequence[Path], year: int | None) -> list[Proposal]:
    kinds = {f: cepii.kind_of(f) for f in files}
    out = []
    if "baci" in kinds.values():
        flows = cepii.baci_exports([f for f, kind in kinds.items() if kind != "gravity"])
        if year is not None:
            flows = flows[flows["year"] == year]
        plausible.world(flows, tables.world_trade())
        years = ", ".join(map(str, sorted(flows["year"].unique())))
        out.append(
            Proposal(
                "world_trade",
                cepii.reconciled(tables.world_trade(), flows),
                f"CEPII BACI, reconciled trade of {years} (Gaulier and Zignago 2010)",
                "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37",
                "Etalab open licence 2.0",
            )
        )
    for file, kind in kinds.items():
        if kind == "gravity":
            old = tables.pair_geography()
            new = cepii.gravity_geography(file)
            merged = pd.concat([new, old]).drop_duplicates(["a", "b"], keep="first").sort_values(["a", "b"])
            out.append(Proposal(
                "pair_geography", merged.reset_index(drop=True), "CEPII Gravity (Conte, Cotterlaz and Mayer 2022)",
                "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=8", "Etalab open licence 2.0",
            ))
    if not out:
        raise SourceError("CEPII: the files hold neither BACI trade nor Gravity geography")
    return out


def _of_silent(sold: pd.DataFrame, bought: pd.DataFrame) -> pd.DataFrame:
    """What those sell who report nothing themselves, as their buyers report it."""
    return bought[~bought["exporter"].isin(sold["exporter"])]


def with_year(panel: pd.DataFrame, flows: pd.DataFrame, bought: pd.DataFrame | None = None) -> pd.DataFrame:
    """The trade panel with one year replaced by ``flows`` (exporter, importer, year, trade_musd).

    Every reporting exporter gets a row for every importer of the panel, zero where nothing was
    reported, as in the panel's other years. What an exporter sells that reports nothing is what buyers
    report (``bought``, the same columns), with a row for those who report imports alone: of others it
    is not known. Agreements in force are those of the panel's latest
    year before: no source of flows has them.
    """
    (year,) = flows["year"].unique()
    importers = sorted(set(panel["importer"]) | set(flows["importer"]))
    index = pd.MultiIndex.from_product([sorted(set(flows["exporter"])), importers], names=["exporter", "importer"])
    if bought is not None:
        silent = _of_silent(flows, bought)
        theirs = [sorted(set(silent["exporter"])), sorted(set(bought["importer"]))]
        index = index.append(pd.MultiIndex.from_product(theirs, names=index.names))
        flows = pd.concat([flows, silent], ignore_index=True)
    filled = flows.set_index(["exporter", "importer"])["trade_musd"].reindex(index, fill_value=0.0).reset_index()
    filled = filled[filled["exporter"] != filled["importer"]]
    # Four significant digits, as in the rest of the panel.
    filled["trade_musd"] = [float(f"{v:.4g}") for v in filled["trade_musd"]]
    earlier = panel[panel["year"] < year]
    latest = earlier.sort_values("year").drop_duplicates(["exporter", "importer"], keep="last")
    filled = filled.merge(latest[["exporter", "importer", "trade_agreement"]], on=["exporter", "importer"], how="left")
    filled["trade_agreement"] = filled["trade_agreement"].fillna(0).astype("int64")
    filled["year"] = int(year)
    out = pd.concat([panel[panel["year"] != year], filled[panel.columns]], ignore_index=True)
    return out.sort_values(["year", "exporter", "importer"], ignore_index=True)
