"""Exports and imports by partner from UN Comtrade: one year of the world, reporter by reporter, or at once with a key.

Imports tell what those sell who report nothing themselves. Without a key the public preview answers 500 records a call, enough for one reporter's totals of a flow
by partner; with a key in the environment variable ``COMTRADE_API_KEY`` (sent in a header) one call
brings all reporters. Answers are kept in the cache, so that a run that was stopped goes on where it
was.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from corridors.data import names
from corridors.data.sources.http import Client, cache_folder, key_from_environment, require_columns
from corridors.errors import SourceError
from corridors.runtime import whole_files

ADDRESS = "https://comtradeapi.un.org"
KEY = "COMTRADE_API_KEY"
PREVIEW_LIMIT = 500
KEY_LIMIT = 250_000
_NEEDED = ("period", "reporterISO", "partnerISO", "flowCode", "cmdCode", "primaryValue")
Record = dict[str, Any]
_WORDS = {"X": "exports", "M": "imports"}
_OTHER_CODES = {"S19": "TWN"}  # "Other Asia, not elsewhere specified"


def client(base: str = ADDRESS) -> Client:
    """The source; with the key from the environment, if there is one."""
    key = key_from_environment(KEY)
    headers = {"Ocp-Apim-Subscription-Key": key} if key else {}
    return Client("UN Comtrade", base, min_interval=1.2, headers=headers)


def exports(source: Client, year: int, say: Callable[[str], None], cache: Path | None = None) -> pd.DataFrame:
    """Exports of ``year`` by reporter and partner: exporter, importer, year, trade_musd (reported, positive)."""
    return _flows(source, year, "X", say, cache)


def imports(source: Client, year: int, say: Callable[[str], None], cache: Path | None = None) -> pd.DataFrame:
    """Imports of ``year`` as the buyers report them, with freight and insurance: the columns of :func:`exports`."""
    return _flows(source, year, "M", say, cache)


def _flows(source: Client, year: int, flow: str, say: Callable[[str], None], cache: Path | None) -> pd.DataFrame:
    if source.headers:
        records = _records(source, "data/v1/get/C/A/HS", {"period": year, "maxRecords": KEY_LIMIT}, year, None, flow)
        if len(records) >= KEY_LIMIT:
            raise SourceError(f"UN Comtrade: {year}: {len(records):,} records or more, the answer is cut off")
    else:
        name = f"comtrade-{year}{'' if flow == 'X' else '-imports'}"
        records = _by_reporter(source, year, flow, say, (cache or cache_folder()) / name)
    return _frame(records, year, flow)


def _by_reporter(source: Client, year: int, flow: str, say: Callable[[str], None], folder: Path) -> list[Record]:
    folder.mkdir(parents=True, exist_ok=True)
    wanted = _reporters(source)
    records: list[Record] = []
    for i, (code, iso) in enumerate(wanted, start=1):
        file = folder / f"{code}.json"
        there = _kept(file, year, iso, flow)
        if there is not None:
            records += there
            continue
        found = _records(
            source,
            "public/v1/preview/C/A/HS",
            {"period": year, "reporterCode": code, "maxRecords": PREVIEW_LIMIT},
            year,
            iso,
            flow,
        )
        if len(found) >= PREVIEW_LIMIT:
            raise SourceError(f"UN Comtrade: {iso} {year}: the answer is cut off at {PREVIEW_LIMIT} records")
        whole_files.write(file, json.dumps(found).encode())
        records += found
        if i % 20 == 0:
            say(f"UN Comtrade {year}, {_WORDS[flow]}: {i} of {len(wanted)} reporters")
    return records


def _reporters(source: Client) -> list[tuple[int, str]]:
    """Number and ISO code of every economy of ours that reports, each once. The number becomes the name of a file."""
    where = "UN Comtrade: Reporters.json"
    answer = source.get_json("files/v1/app/reference/Reporters.json")
    listed = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(listed, list) or not listed:
        raise SourceError(f"{where}: no reporters in it")
    known = names.economies()
    found: dict[int, str] = {}
    for one in listed:
        if not isinstance(one, dict):
            raise SourceError(f"{where}: a reporter is {source.told(one)!r}; expected: an object")
        require_columns(one, ("reporterCode", "reporterCodeIsoAlpha3"), where)
        code, iso = one["reporterCode"], one["reporterCodeIsoAlpha3"]
        if not isinstance(iso, str) or _code(iso) not in known or one.get("entryExpiredDate"):
            continue
        if type(code) is not int or not 0 < code < 10_000:
            raise SourceError(
                f"{where}: reporterCode of {iso} is {source.told(repr(code))}; expected: a number below 10,000"
            )
        if code in found or iso in found.values():
            raise SourceError(f"{where}: {iso} or its number {code} occurs twice")
        found[code] = iso
    return list(found.items())


def _kept(file: Path, year: int, iso: str, flow: str) -> list[Record] | None:
    """What an earlier run kept of a reporter; None if it kept nothing, or what is there is not what it asked for."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(found, list):
            return [_checked(record, year, iso, flow, str(file), str) for record in found]
    except (OSError, ValueError, RecursionError, SourceError):
        pass
    return None


def _records(
    source: Client, path: str, params: dict[str, str | int], year: int, iso: str | None, flow: str
) -> list[Record]:
    """Totals of a flow as the source answers, each record checked to be what was asked for."""
    totals: dict[str, str | int] = {
        "cmdCode": "TOTAL",
        "flowCode": flow,
        "customsCode": "C00",
        "motCode": 0,
        "partner2Code": 0,
        "includeDesc": "true",
    }
    answer = source.get_json(path, {**totals, **params})
    if not isinstance(answer, dict) or "data" not in answer:
        has = ", ".join(map(str, answer)) if isinstance(answer, dict) else type(answer).__name__
        raise SourceError(f"UN Comtrade: {path}: changed its form: missing 'data'; it has: {source.told(has)}")
    if answer.get("error"):
        raise SourceError(f"UN Comtrade: {path}: {source.told(answer['error'])}")
    if not isinstance(answer["data"], list):
        raise SourceError(
            f"UN Comtrade: {path}: changed its form: 'data' is {source.told(answer['data'])!r}; expected: a list"
        )
    return [_checked(record, year, iso, flow, f"UN Comtrade: {path}", source.told) for record in answer["data"]]


def _checked(
    record: object, year: int, iso: str | None, flow: str, where: str, told: Callable[[object], str]
) -> Record:
    """A record of the totals of a flow of ``year`` (and of reporter ``iso``); SourceError if it is of anything else."""
    if not isinstance(record, dict):
        raise SourceError(f"{where}: a record is {told(record)!r}; expected: an object")
    require_columns(record, _NEEDED, where)
    expected = {
        "period": (str(year), year),
        "flowCode": (flow,),
        "cmdCode": ("TOTAL",),
        **({} if iso is None else {"reporterISO": (iso,)}),
    }
    for field, allowed in expected.items():
        if record[field] not in allowed:
            raise SourceError(f"{where}: {field} is {told(repr(record[field]))}; asked for: {allowed[0]}")
    for field in ("reporterISO", "partnerISO"):
        if not isinstance(record[field], str):
            raise SourceError(f"{where}: {field} is {told(repr(record[field]))}; expected: a code")
    value = record["primaryValue"]
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e15):
        raise SourceError(
            f"{where}: primaryValue of {told(record['reporterISO'])} is {told(repr(value))}; expected: US dollars"
        )
    return {name: record[name] for name in _NEEDED}


def _code(iso: str) -> str:
    return _OTHER_CODES.get(iso, iso)


def _frame(records: list[Record], year: int, flow: str) -> pd.DataFrame:
    known = names.economies()
    rows = [
        (_code(r["reporterISO"]), _code(r["partnerISO"]), year, float(r["primaryValue"] or 0) / 1e6)
        for r in records
    ]
    sides = ["exporter", "importer"] if flow == "X" else ["importer", "exporter"]
    frame = pd.DataFrame(rows, columns=[*sides, "year", "trade_musd"])[["exporter", "importer", "year", "trade_musd"]]
    frame = frame[
        frame["exporter"].isin(known)
        & frame["importer"].isin(known)
        & (frame["exporter"] != frame["importer"])
    ]
    if frame.empty:
        raise SourceError(f"UN Comtrade: no {_WORDS[flow]} reported for {year}; the newest years come late")
    twice = frame.duplicated(["exporter", "importer"])
    if twice.any():
        exporter, importer = frame.loc[twice, ["exporter", "importer"]].iloc[0]
        raise SourceError(f"UN Comtrade: {_WORDS[flow]} of {exporter} to {importer} in {year} occur more than once")
    return frame.reset_index(drop=True)
