"""Exports by partner from UN Comtrade: one year of the world, reporter by reporter, or at once with a key.

Without a key the public preview answers 500 records a call, enough for one reporter's total exports by partner; with
a key in the environment variable ``COMTRADE_API_KEY`` (sent in a header) one call brings all reporters. Answers are
kept in the cache, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from corridors.data import names
from corridors.data.sources.http import Client, cache_folder, key_from_environment, require_columns
from corridors.errors import SourceError

ADDRESS = "https://comtradeapi.un.org"
KEY = "COMTRADE_API_KEY"
PREVIEW_LIMIT = 500
KEY_LIMIT = 250_000
_NEEDED = ("period", "reporterISO", "partnerISO", "flowCode", "cmdCode", "primaryValue")
_OTHER_CODES = {"S19": "TWN"}  # "Other Asia, not elsewhere specified"


def client(base: str = ADDRESS) -> Client:
    """The source; with the key from the environment, if there is one."""
    key = key_from_environment(KEY)
    headers = {"Ocp-Apim-Subscription-Key": key} if key else {}
    return Client("UN Comtrade", base, min_interval=1.2, headers=headers)


def exports(source: Client, year: int, say: Callable[[str], None], cache: Path | None = None) -> pd.DataFrame:
    """Exports of ``year`` by reporter and partner: exporter, importer, year, trade_musd (reported, positive)."""
    if source.headers:
        records = _records(source, "data/v1/get/C/A/HS", {"period": year, "maxRecords": KEY_LIMIT})
        if len(records) >= KEY_LIMIT:
            raise SourceError(f"UN Comtrade: {year}: {len(records):,} records or more, the answer is cut off")
    else:
        records = _by_reporter(source, year, say, (cache or cache_folder()) / f"comtrade-{year}")
    return _frame(records, year)


def _by_reporter(source: Client, year: int, say: Callable[[str], None], folder: Path) -> list[dict[str, Any]]:
    folder.mkdir(parents=True, exist_ok=True)
    answer = source.get_json("files/v1/app/reference/Reporters.json")
    reporters = answer.get("results", []) if isinstance(answer, dict) else []
    if not reporters:
        raise SourceError("UN Comtrade: Reporters.json: no reporters in it")
    require_columns(reporters[0], ("reporterCode", "reporterCodeIsoAlpha3"), "UN Comtrade: Reporters.json")
    known = names.economies()
    wanted = [r for r in reporters if _code(r["reporterCodeIsoAlpha3"]) in known and not r.get("entryExpiredDate")]
    records: list[dict[str, Any]] = []
    for i, reporter in enumerate(wanted, start=1):
        file = folder / f"{reporter['reporterCode']}.json"
        if file.exists():
            records += json.loads(file.read_text(encoding="utf-8"))
            continue
        found = _records(
            source, "public/v1/preview/C/A/HS",
            {"period": year, "reporterCode": reporter["reporterCode"], "maxRecords": PREVIEW_LIMIT},
        )
        if len(found) >= PREVIEW_LIMIT:
            raise SourceError(f"UN Comtrade: {reporter['reporterCodeIsoAlpha3']} {year}: the answer is cut off at {PREVIEW_LIMIT} records")
        scratch = file.with_suffix(".tmp")
        scratch.write_text(json.dumps(found), encoding="utf-8")
        os.replace(scratch, file)
        records += found
        if i % 20 == 0:
            say(f"UN Comtrade {year}: {i} of {len(wanted)} reporters")
    return records


def _records(source: Client, path: str, params: dict[str, str | int]) -> list[dict[str, Any]]:
    totals: dict[str, str | int] = {
        "cmdCode": "TOTAL", "flowCode": "X", "customsCode": "C00", "motCode": 0, "partner2Code": 0, "includeDesc": "true",
    }
    answer = source.get_json(path, {**totals, **params})
    if not isinstance(answer, dict) or "data" not in answer:
        has = ", ".join(answer) if isinstance(answer, dict) else type(answer).__name__
        raise SourceError(f"UN Comtrade: {path}: changed its form: missing 'data'; it has: {has}")
    if answer.get("error"):
        raise SourceError(f"UN Comtrade: {path}: {source.told(answer['error'])}")
    found: list[dict[str, Any]] = answer["data"]
    if found:
        require_columns(found[0], _NEEDED, f"UN Comtrade: {path}")
    return [{c: r[c] for c in _NEEDED} for r in found]


def _code(iso: str) -> str:
    return _OTHER_CODES.get(iso, iso)


def _frame(records: list[dict[str, Any]], year: int) -> pd.DataFrame:
    known = names.economies()
    rows = [
        (_code(r["reporterISO"]), _code(r["partnerISO"]), int(r["period"]), float(r["primaryValue"] or 0) / 1e6)
        for r in records
    ]
    frame = pd.DataFrame(rows, columns=["exporter", "importer", "year", "trade_musd"])
    frame = frame[frame["exporter"].isin(known) & frame["importer"].isin(known) & (frame["exporter"] != frame["importer"])]
    if frame.empty:
        raise SourceError(f"UN Comtrade: no exports reported for {year}; the newest years come late")
    return frame.groupby(["exporter", "importer", "year"], as_index=False)["trade_musd"].sum()
