"""Official sources at their worst, played by a server of our own: busy, failing, cut off, slow, changed.

The records have the shape of the real answers and are of our own making.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest

from corridors.data import names, package, published, tables
from corridors.data.sources import cepii, comtrade, history, http, imf, plausible, worldbank
from corridors.data.sources import refresh as refreshing
from corridors.errors import DataError, SourceError

Answer = tuple[int, dict[str, str], bytes]


class Server:
    """Answers from a script: a list of functions of (path, query, headers), the last one for ever after."""

    def __init__(self) -> None:
        self.script: list[Callable[[str, dict[str, str], Any], Answer]] = []
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {k: v[0] for k, v in parse_qs(parts.query).items()}
                step = outer.script[min(len(outer.asked), len(outer.script) - 1)]
                outer.asked.append((parts.path, query, dict(self.headers)))
                status, headers, body = step(parts.path, query, self.headers)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.httpd.daemon_threads = True
        threading.Thread(target=self.httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.base = f"http://127.0.0.1:{self.httpd.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.httpd.shutdown()
    one.httpd.server_close()


class Sleeper:
    """Counts what would have been slept."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


def client_of(server: Server, **settings: Any) -> tuple[http.Client, Sleeper]:
    sleeper = Sleeper()
    return http.Client("A source", server.base, **{"min_interval": 0.0, "timeout": 2.0, "sleep": sleeper, **settings}), sleeper


def as_json(value: object) -> Callable[..., Answer]:
    return lambda *_: (200, {"Content-Type": "application/json"}, json.dumps(value).encode())


def status(code: int, **headers: str) -> Callable[..., Answer]:
    return lambda *_: (code, {k.replace("_", "-"): v for k, v in headers.items()}, b"no")


def cut_off(value: object) -> Callable[..., Answer]:
    body = json.dumps(value).encode()
    return lambda *_: (200, {"Content-Length": str(len(body))}, body[: len(body) // 2])


# --- patience --------------------------------------------------------------------------------------------


def test_retries_until_it_answers(server: Server) -> None:
    server.script = [status(500), status(503), cut_off([1, 2, 3, 4]), as_json({"ok": 1})]
    client, sleeper = client_of(server, timeout=1.0)
    assert client.get_json("x") == {"ok": 1}
    assert len(server.asked) == 4 and len(sleeper.slept) == 3
    assert all(0 < s <= 120 for s in sleeper.slept)


def test_pauses_grow(server: Server) -> None:
    server.script = [status(500)]
    client, sleeper = client_of(server, attempts=6)
    with pytest.raises(SourceError, match=r"A source: x: status 500, 6 times"):
        client.get_json("x")
    assert len(server.asked) == 6
    assert sleeper.slept[-1] > 4 * sleeper.slept[0] and sum(sleeper.slept) > 15


def test_a_busy_source_says_when_to_come_back(server: Server) -> None:
    server.script = [status(429, Retry_After="7"), status(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), as_json([])]
    client, sleeper = client_of(server)
    assert client.get_json("x") == []
    assert sleeper.slept == [7.0, 0.0]


def test_a_used_up_quota_is_named(server: Server) -> None:
    server.script = [status(429, Retry_After="100000")]
    client, sleeper = client_of(server, attempts=3)
    with pytest.raises(SourceError, match="status 429, 3 times; the quota is used up or the source is busy"):
        client.get_json("x")
    assert max(sleeper.slept) <= 120, "never waits for days"


def test_a_slow_source_times_out_and_is_retried(server: Server) -> None:
    hold = threading.Event()

    def slow(*_: object) -> Answer:
        hold.wait(3)
        return 200, {}, b"[]"

    server.script = [slow, as_json([1])]
    client, _ = client_of(server, timeout=0.3)
    assert client.get_json("x") == [1]
    hold.set()


def test_nobody_there() -> None:
    client = http.Client("A source", "http://127.0.0.1:9", min_interval=0, attempts=2, sleep=lambda _: None)
    with pytest.raises(SourceError, match="A source: x: no complete answer"):
        client.get_json("x")


@pytest.mark.parametrize(("code", "says"), [(404, "status 404"), (401, "key in the environment"), (403, "quota left")])
def test_what_will_not_get_better_is_not_retried(server: Server, code: int, says: str) -> None:
    server.script = [status(code)]
    client, _ = client_of(server)
    with pytest.raises(SourceError, match=says):
        client.get_json("x")
    assert len(server.asked) == 1


def test_calls_are_spaced(server: Server) -> None:
    server.script = [as_json(1)]
    client, sleeper = client_of(server, min_interval=5.0)
    for _ in range(3):
        client.get_json("x")
    assert len(sleeper.slept) == 2 and all(4.5 < s <= 5.0 for s in sleeper.slept)


# --- downloads -------------------------------------------------------------------------------------------

BODY = bytes(range(256)) * 2_000


def ranged(path: str, query: dict[str, str], headers: Any) -> Answer:
    asked = headers.get("Range")
    if not asked:
        return 200, {}, BODY
    start = int(asked.removeprefix("bytes=").rstrip("-"))
    if start >= len(BODY):
        return 416, {}, b""
    return 206, {"Content-Range": f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"}, BODY[start:]


def broken_after(size: int) -> Callable[..., Answer]:
    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        code, extra, body = ranged(path, query, headers)
        return code, {**extra, "Content-Length": str(len(body))}, body[:size]

    return answer


def test_a_broken_download_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    server.script = [broken_after(100_000), broken_after(150_000), ranged]
    client, _ = client_of(server, timeout=0.5)
    target = client.download("big.bin", tmp_path / "big.bin")
    assert target.read_bytes() == BODY
    starts = [h.get("Range") for _, _, h in server.asked]
    assert starts[0] is None and starts[1] is not None and starts[2] is not None
    assert not list(tmp_path.glob("*.part"))


def test_a_download_goes_on_in_the_next_run(server: Server, tmp_path: Path) -> None:
    server.script = [broken_after(100_000)]
    client, _ = client_of(server, attempts=1, timeout=0.5)
    with pytest.raises(SourceError):
        client.download("big.bin", tmp_path / "big.bin")
    assert not (tmp_path / "big.bin").exists() and (tmp_path / "big.bin.part").stat().st_size > 0
    server.script = [ranged]
    assert client_of(server)[0].download("big.bin", tmp_path / "big.bin").read_bytes() == BODY


def test_a_source_that_cannot_go_on_begins_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "big.bin.part").write_bytes(b"old beginning")
    server.script = [lambda *_: (200, {}, BODY)]
    assert client_of(server)[0].download("big.bin", tmp_path / "big.bin").read_bytes() == BODY
    (tmp_path / "big.bin.part").write_bytes(BODY + b"longer than the file is now")
    server.script = [*[server.script[0]] * len(server.asked), lambda *a: ranged(*a), ranged]
    assert client_of(server)[0].download("big.bin", tmp_path / "big.bin").read_bytes() == BODY


# --- World Bank ------------------------------------------------------------------------------------------


def wb_record(iso: str, year: int, value: float | None) -> dict[str, Any]:
    return {
        "indicator": {"id": worldbank.INDICATOR, "value": "GDP (current US$)"}, "country": {"id": iso[:2], "value": iso},
        "countryiso3code": iso, "date": str(year), "value": value, "unit": "", "obs_status": "", "decimal": 0,
    }


def wb_pages(*pages: list[dict[str, Any]]) -> Callable[..., Answer]:
    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        page = int(query["page"])
        head = {"page": page, "pages": len(pages), "per_page": 20_000, "total": sum(map(len, pages)), "lastupdated": "2026-07-01"}
        return 200, {}, json.dumps([head, pages[page - 1]]).encode()

    return answer


def test_world_bank_pages_units_and_groups_of_countries(server: Server) -> None:
    server.script = [
        status(502),
        wb_pages(
            [wb_record("PAK", 2024, 373_071_812_345.0), wb_record("WLD", 2024, 1e14), wb_record("PAK", 2025, None)],
            [wb_record("AFG", 2024, 17_152_234_637.0), wb_record("", 2024, 5.0)],
        ),
    ]
    client, _ = client_of(server)
    frame = worldbank.gdp(client, 2024, 2025)
    assert frame.to_dict("records") == [
        {"iso3": "AFG", "year": 2024, "gdp_musd": 17152.2}, {"iso3": "PAK", "year": 2024, "gdp_musd": 373072.0},
    ]
    assert server.asked[-1][1]["date"] == "2024:2025"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ([{"message": [{"id": "120", "key": "Invalid value", "value": "The provided parameter value is not valid"}]}], "not valid"),
        ({"rows": []}, "another form"),
        ([{"page": 1, "pages": 1}, [{"country_iso3": "PAK", "date": "2024", "value": 1}]], "missing 'countryiso3code'; did you mean 'country_iso3'"),
        ([{"page": 1, "pages": 1}, []], "no figures"),
    ],
)
def test_world_bank_that_changed_its_form(server: Server, answer: object, says: str) -> None:
    server.script = [as_json(answer)]
    with pytest.raises(SourceError) as caught:
        worldbank.gdp(client_of(server)[0])
    assert says in str(caught.value)


# --- UN Comtrade -----------------------------------------------------------------------------------------


def ct_record(reporter: str, partner: str, value: float, year: int = 2024) -> dict[str, Any]:
    return {
        "typeCode": "C", "freqCode": "A", "refYear": year, "period": str(year), "reporterCode": 1, "reporterISO": reporter,
        "flowCode": "X", "partnerCode": 2, "partnerISO": partner, "cmdCode": "TOTAL", "primaryValue": value,
    }


REPORTERS = {"results": [
    {"reporterCode": 586, "reporterCodeIsoAlpha3": "PAK"}, {"reporterCode": 860, "reporterCodeIsoAlpha3": "UZB"},
    {"reporterCode": 975, "reporterCodeIsoAlpha3": "ASEAN"},
    {"reporterCode": 810, "reporterCodeIsoAlpha3": "RUS", "entryExpiredDate": "1991-12-31"},
]}


def comtrade_of(server: Server) -> http.Client:
    return http.Client("UN Comtrade", server.base, min_interval=0, timeout=1.0, attempts=2, sleep=lambda _: None)


def test_comtrade_without_key_goes_reporter_by_reporter_and_goes_on(server: Server, tmp_path: Path) -> None:
    flows = {"586": [ct_record("PAK", "W00", 9e9), ct_record("PAK", "RUS", 74e6), ct_record("PAK", "S19", 1e6)], "860": [ct_record("UZB", "PAK", 79e6)]}
    state = {"fail": True}

    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        if path.endswith("Reporters.json"):
            return as_json(REPORTERS)()
        if query["reporterCode"] == "860" and state["fail"]:
            return 500, {}, b""
        return as_json({"count": 1, "data": flows[query["reporterCode"]], "error": ""})()

    server.script = [answer]
    with pytest.raises(SourceError, match="status 500"):
        comtrade.exports(comtrade_of(server), 2024, lambda _: None, tmp_path)
    state["fail"] = False
    before = len(server.asked)
    frame = comtrade.exports(comtrade_of(server), 2024, lambda _: None, tmp_path)
    asked_again = [q.get("reporterCode") for _, q, _ in server.asked[before:]]
    assert asked_again == [None, "860"], "what was there is not asked for again"
    assert frame.to_dict("records") == [
        {"exporter": "PAK", "importer": "RUS", "year": 2024, "trade_musd": 74.0},
        {"exporter": "PAK", "importer": "TWN", "year": 2024, "trade_musd": 1.0},
        {"exporter": "UZB", "importer": "PAK", "year": 2024, "trade_musd": 79.0},
    ]


def test_comtrade_tells_what_the_buyers_of_those_report_who_report_nothing(server: Server, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Both sides: exports as reported; of an exporter that is silent the imports of others, a zero only for buyers that report."""
    data = {"X": [ct_record("PAK", "RUS", 74e6), ct_record("UZB", "PAK", 79e6)], "M": [{**ct_record("PAK", "RUS", 800e6), "flowCode": "M"}, {**ct_record("PAK", "UZB", 5e6), "flowCode": "M"}, {**ct_record("UZB", "W00", 9e6), "flowCode": "M"}, {**ct_record("UZB", "CHN", 7e6), "flowCode": "M"}]}

    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        if path.endswith("Reporters.json"):
            return as_json(REPORTERS)()
        iso = {"586": "PAK", "860": "UZB"}[query["reporterCode"]]
        return as_json({"data": [r for r in data[query["flowCode"]] if r["reporterISO"] == iso], "error": ""})()

    server.script = [answer]
    monkeypatch.setattr(refreshing.comtrade, "client", lambda: comtrade_of(server))
    monkeypatch.setattr(http, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(refreshing.comtrade, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(refreshing.plausible, "trade", lambda flows, panel: flows)
    proposal = refreshing._comtrade(2024, lambda _: None)
    year = proposal.frame[proposal.frame["year"] == 2024].set_index(["exporter", "importer"])["trade_musd"]
    assert year["PAK", "RUS"] == 74.0 and year["UZB", "PAK"] == 79.0, "what an exporter reports stands"
    assert year["RUS", "PAK"] == 800.0 and year["CHN", "UZB"] == 7.0, "what a silent one sells is what is bought"
    assert year["RUS", "UZB"] == 0.0 and ("RUS", "USA") not in year.index, "unknown is not zero"
    assert "imports from those who report none" in proposal.title
    with pytest.raises(SourceError, match="flowCode"):
        comtrade._checked(data["X"][0], 2024, None, "M", "here", str)


def test_comtrade_key_is_sent_in_a_header_and_never_told(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(comtrade.KEY, "very-secret-key")
    client = comtrade.client(server.base)
    client.sleep, client.min_interval, client.attempts = (lambda _: None), 0.0, 2
    server.script = [as_json({"data": [ct_record("PAK", "RUS", 74e6)], "error": ""})]
    assert len(comtrade.exports(client, 2024, lambda _: None, tmp_path)) == 1
    path, query, headers = server.asked[-1]
    assert headers["Ocp-Apim-Subscription-Key"] == "very-secret-key"
    assert path == "/data/v1/get/C/A/HS" and "very-secret-key" not in str(query)
    for broken in (status(500), status(403), status(404), as_json({"detail": 1})):
        server.script = [*[broken] * (len(server.asked) + 1)]
        with pytest.raises(SourceError) as caught:
            comtrade.exports(client, 2024, lambda _: None, tmp_path)
        assert "very-secret-key" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"rows": []}, "missing 'data'; it has: rows"),
        ({"data": [], "error": "Invalid period"}, "Invalid period"),
        ({"data": [{"reporter": "PAK"}], "error": ""}, "changed its columns: missing 'period'"),
        ({"data": [ct_record("PAK", "RUS", 1.0)] * 500, "error": ""}, "cut off at 500 records"),
        ({"data": [], "error": ""}, "no exports reported for 2024"),
    ],
)
def test_comtrade_that_changed_its_form(server: Server, tmp_path: Path, answer: object, says: str) -> None:
    server.script = [as_json(REPORTERS), as_json(answer)]
    with pytest.raises(SourceError) as caught:
        comtrade.exports(comtrade_of(server), 2024, lambda _: None, tmp_path)
    assert says in str(caught.value)


# --- CEPII files -----------------------------------------------------------------------------------------


def write_baci(folder: Path, rows: str) -> Path:
    (folder / "country_codes_V202601.csv").write_text(
        "country_code,country_name,country_iso2,country_iso3\n586,Pakistan,PK,PAK\n643,Russian Federation,RU,RUS\n860,Uzbekistan,UZ,UZB\n837,Bunkers,,ZZZ\n",
        encoding="utf-8",
    )
    file = folder / "BACI_HS92_Y2024_V202601.csv"
    file.write_text("t,i,j,k,v,q\n" + rows, encoding="utf-8")
    return file


def world_baci(folder: Path, year: int = 2023, change: Callable[[pd.DataFrame], pd.DataFrame] = lambda flows: flows) -> Path:
    """The trade that data/world_trade.csv reports as a file of BACI, changed."""
    flows = tables.world_trade().query("status == 'reported' and trade_musd > 0")
    number = {code: place for place, code in enumerate(sorted({*flows["exporter"], *flows["importer"]}), start=1)}
    (folder / "country_codes_V202601.csv").write_text(
        "country_code,country_iso3\n" + "".join(f"{n},{code}\n" for code, n in number.items()), encoding="utf-8"
    )
    flows = change(flows[["exporter", "importer", "trade_musd"]].reset_index(drop=True))
    file = folder / f"BACI_HS22_Y{year}_V202601.csv"
    pd.DataFrame(
        {"t": year, "i": flows["exporter"].map(number), "j": flows["importer"].map(number), "k": "010121", "v": flows["trade_musd"] * 1000, "q": "NA"}
    ).to_csv(file, index=False)
    return file


def of_pair(flows: pd.DataFrame, exporter: str, importer: str, trade_musd: float) -> pd.DataFrame:
    return flows.assign(trade_musd=flows["trade_musd"].mask((flows["exporter"] == exporter) & (flows["importer"] == importer), trade_musd))


NO_EDITION: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "half of the rows": (lambda f: f.sample(frac=0.5, random_state=1), "5[0-9] % of the trade of 2023 have none; a part of the file"),
    "a large exporter is missing": (lambda f: f[f["exporter"] != "CHN"], "15 % of the trade of 2023 have none"),
    "an exporter is missing": (lambda f: f[f["exporter"] != "PAK"], "exporter PAK: pairs with most of its trade of 2023 have none"),
    "an importer is missing": (lambda f: f[f["importer"] != "UZB"], "importer UZB: pairs with most of its trade"),
    "two reporters": (lambda f: f[f["exporter"].isin(["PAK", "RUS"])], "of the trade of 2023 have none"),
    "millions": (lambda f: f.assign(trade_musd=f["trade_musd"] / 1000), "0.001 times that of 2023"),
    "dollars": (lambda f: f.assign(trade_musd=f["trade_musd"] * 1000), "trade_musd is .*; allowed: 0 to 5e[+]06 million"),
    "every row twice": (lambda f: pd.concat([f, f]), "2 times that of 2023 between the same pairs; rows twice"),
    "imports for exports": (lambda f: f.rename(columns={"exporter": "importer", "importer": "exporter"}), "imports for exports"),
    "codes of another list": (lambda f: f.assign(trade_musd=f["trade_musd"].sample(frac=1, random_state=2).to_numpy()), "imports for exports|codes of another list"),
    "a negative flow": (lambda f: of_pair(f, "PAK", "RUS", -3.0), "PAK RUS 2023: trade_musd is -3; allowed: 0 to"),
    "a flow beyond all": (lambda f: of_pair(f, "PAK", "RUS", 1e300), "PAK RUS 2023: trade_musd is 1e[+]300"),
}


@pytest.mark.parametrize("case", NO_EDITION, ids=str)
def test_a_file_that_is_no_whole_edition_is_refused(case: str, project: Path, tmp_path: Path) -> None:
    """Each was written, and a study computed from it."""
    change, told = NO_EDITION[case]
    before = {p: p.read_bytes() for p in (project / "data").rglob("*") if p.is_file()}
    with pytest.raises(SourceError, match=told):
        refreshing.refresh("cepii", files=[world_baci(tmp_path, change=change)], confirm=Asked(True).confirm, say=print)
    assert before == {p: p.read_bytes() for p in (project / "data").rglob("*") if p.is_file()}


@pytest.mark.parametrize(("year", "growth"), [(2023, 1.04), (2022, 0.9), (2018, 0.6), (2003, 0.3)])
def test_a_whole_edition_is_taken_whatever_it_revises(year: int, growth: float) -> None:
    known = tables.world_trade()
    flows = known.query("status == 'reported'").assign(year=year)
    rng = np.random.default_rng(year)
    flows["trade_musd"] *= growth * np.exp(rng.normal(0, 0.4, len(flows)))
    gone = rng.random(len(flows)) < np.where(flows["trade_musd"] < 10, 0.3, 0.001)
    assert plausible.world(flows[~gone], known) is not None


def test_baci_is_summed_over_products(tmp_path: Path) -> None:
    file = write_baci(tmp_path, "2024,586,643,080520,      1000.500,  1.0\n2024,586,643,520100,2000,NA\n2024,860,586,270900,79000,1\n2024,837,586,270900,1,1\n")
    frame = cepii.baci_exports([file])
    assert frame.to_dict("records") == [
        {"exporter": "PAK", "importer": "RUS", "year": 2024, "trade_musd": pytest.approx(3.0005)},
        {"exporter": "UZB", "importer": "PAK", "year": 2024, "trade_musd": pytest.approx(79.0)},
    ]


@pytest.mark.parametrize("code", ["S19", "N/A"])
def test_baci_has_taiwan_as_other_asia(code: str, tmp_path: Path) -> None:
    """https://github.com/IndEcol/country_converter/issues/162: 490 is Taiwan, however an edition codes it."""
    file = write_baci(tmp_path, "2024,490,643,080520,1000,1\n2024,586,490,080520,2000,1\n")
    with (tmp_path / "country_codes_V202601.csv").open("a", encoding="utf-8") as handle:
        handle.write(f'490,"Other Asia, nes",,{code}\n')
    frame = cepii.baci_exports([file])
    assert sorted(zip(frame["exporter"], frame["importer"], strict=True)) == [("PAK", "TWN"), ("TWN", "RUS")]


def test_a_zipped_baci_is_refused_with_what_is_in_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "BACI.zip", "w") as packed:
        packed.writestr("BACI_HS22_Y2023.csv", "t,i,j,k,v,q\n")
    with pytest.raises(SourceError, match=r"is a zip file; unpack it and name the CSV files in it \(BACI_HS22_Y2023.csv\)"):
        cepii.kind_of(tmp_path / "BACI.zip")


def test_a_device_is_no_baci_file() -> None:
    """It would be read to an end that it does not have, in search of a zip's."""
    with pytest.raises(DataError, match="/dev/zero: is no plain file"):
        cepii.kind_of(Path("/dev/zero"))


def test_baci_without_codes_or_with_other_columns(tmp_path: Path) -> None:
    file = write_baci(tmp_path, "2024,586,643,1,x,1\n")
    with pytest.raises(SourceError, match="not readable as BACI"):
        cepii.baci_exports([file])
    (tmp_path / "country_codes_V202601.csv").unlink()
    with pytest.raises(SourceError, match="country codes .* is missing"):
        cepii.baci_exports([file])
    other = tmp_path / "other.csv"
    other.write_text("year,from,to,product,value\n", encoding="utf-8")
    with pytest.raises(SourceError, match="neither BACI .* it has: year, from, to, product, value"):
        cepii.kind_of(other)


def test_gravity_file_gives_unordered_pairs_of_the_latest_year(tmp_path: Path) -> None:
    file = tmp_path / "Gravity_V202211.csv"
    file.write_text(
        "year,country_id_o,country_id_d,iso3_o,iso3_d,dist,contig,comlang_off,col_dep_ever,extra\n"
        "2019,PAK,RUS,PAK,RUS,3659,0,0,0,1\n2020,PAK,RUS,PAK,RUS,3660,0,0,0,1\n2020,RUS,PAK,RUS,PAK,3660,0,0,0,1\n2020,AFG,PAK,AFG,PAK,,1,0,,1\n"
        "2019,AFG,PAK,AFG,PAK,374,1,0,,1\n",
        encoding="utf-8",
    )
    frame = cepii.gravity_geography(file)
    assert frame.to_dict("records") == [
        {"a": "AFG", "b": "PAK", "distance_km": 374, "contiguous": 1, "common_language": 0, "colonial_link": 0},
        {"a": "PAK", "b": "RUS", "distance_km": 3660, "contiguous": 0, "common_language": 0, "colonial_link": 0},
    ]


@pytest.mark.slow
def test_a_large_baci_file_is_read_in_bounded_memory(tmp_path: Path) -> None:
    """A file of about 400 MB is summed by a process that needs less than its size more than the libraries do."""
    block = "".join(f"2024,{i},{j},{k:06d},{k + 0.125},{k}\n" for i in (586, 643, 860) for j in (586, 643, 860) if i != j for k in range(10_000))
    file = write_baci(tmp_path, "")
    with file.open("a", encoding="utf-8") as handle:
        for _ in range(280):
            handle.write(block)
    assert file.stat().st_size > 350e6
    code = (
        "import resource, sys; from pathlib import Path; from corridors.data.sources import cepii\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"frame = cepii.baci_exports([Path({str(file)!r})])\n"
        "print(len(frame), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    pairs, grown_kib = map(int, out.stdout.split())
    assert pairs == 6
    assert grown_kib * 1024 < 0.8 * file.stat().st_size


# --- writing data/ ---------------------------------------------------------------------------------------


class Asked:
    """Records what was said and asked; answers as told."""

    def __init__(self, answer: bool) -> None:
        self.answer, self.said, self.questions = answer, [], []

    def confirm(self, question: str) -> bool:
        self.questions.append(question)
        return self.answer

    def say(self, message: str) -> None:
        self.said.append(message)


def gdp_proposal() -> refreshing.Proposal:
    old = tables.gdp()
    new = old.copy()
    pakistan = (new["iso3"] == "PAK") & (new["year"] == 2023)
    new.loc[pakistan, "gdp_musd"] = 340_000.0
    new = pd.concat([new, pd.DataFrame([{"iso3": "PAK", "year": 2024, "gdp_musd": 373_072.0}])]).sort_values(["iso3", "year"])
    return refreshing.Proposal("gdp", new.reset_index(drop=True), "World Bank, newer", "https://data.worldbank.org", "CC BY 4.0")


def test_the_difference_is_shown_and_nothing_written_without_a_yes(project: Path) -> None:
    before = (project / "data" / "gdp.csv").read_bytes()
    asked = Asked(False)
    assert refreshing.apply(gdp_proposal(), asked.confirm, asked.say) is False
    assert (project / "data" / "gdp.csv").read_bytes() == before
    assert "1 rows new, 0 gone, 1 values changed" in asked.said[0] and "PAK 2023 gdp_musd:" in asked.said[0]
    assert asked.questions == ["Write data/gdp.csv?"]


def test_text_that_changes_is_shown_as_text(project: Path) -> None:
    old = tables.world_trade()
    new = old.copy()
    new["status"] = new["status"].astype(object)
    first, second, third = old.index[old["status"].eq("reported") & old["trade_musd"].gt(1.0)][:3]
    new.loc[first, "status"] = "unreported"
    new.loc[second, "trade_musd"] *= 2.0
    new.loc[third, "status"] = None
    found = refreshing.diff("world_trade", old, new)
    told = str(found)
    assert len(found.changed) == 3 and "0 rows new, 0 gone, 3 values changed" in told
    assert "status: reported -> unreported" in told and "status: reported -> \u2013" in told and "e+" not in told
    assert "trade_musd: " in told.splitlines()[1], "numbers first, by how far they moved"
    assert not refreshing.diff("world_trade", old, old.copy())


def test_written_whole_with_source_noted_and_the_old_kept(project: Path) -> None:
    before = (project / "data" / "gdp.csv").read_bytes()
    asked = Asked(True)
    assert refreshing.apply(gdp_proposal(), asked.confirm, asked.say) is True
    (kept,) = (project / history.FOLDER).rglob("gdp.csv")
    assert kept.read_bytes() == before
    frame = tables.gdp()
    assert frame.loc[(frame["iso3"] == "PAK") & (frame["year"] == 2024), "gdp_musd"].item() == 373_072.0
    source = package.resource("gdp").sources[0]
    assert source.title == "World Bank, newer" and source.accessed >= "2026-01-01"
    assert tables.check() == []
    assert refreshing.apply(gdp_proposal_from(frame), asked.confirm, asked.say) is False
    assert asked.said[-1] == "gdp: nothing new"


def test_a_refresh_is_undone_table_and_source_and_nothing_is_lost(project: Path) -> None:
    before = {p: p.read_bytes() for p in (project / "data").rglob("*") if p.is_file()}
    asked = Asked(True)
    folder = history.new_folder()
    refreshing.apply(gdp_proposal(), asked.confirm, asked.say, folder)
    other = tables.ssp2()
    other.iloc[0, other.columns.get_loc("population_m")] *= 2
    refreshing.apply(refreshing.Proposal("ssp2", other, "newer", "", "free"), asked.confirm, asked.say, folder)
    refreshed = (project / "data" / "gdp.csv").read_bytes()
    assert history.undo(Asked(False).confirm, asked.say) is False
    assert (project / "data" / "gdp.csv").read_bytes() == refreshed
    assert history.undo(asked.confirm, asked.say) is True
    changed = [p for p in before if p.read_bytes() != before[p]]
    assert not changed
    assert package.resource("gdp").sources[0].title != "World Bank, newer"
    (kept,) = (project / history.FOLDER).rglob("gdp.csv")
    assert kept.read_bytes() == refreshed, "what was refreshed is kept too"
    with pytest.raises(SourceError, match="no refresh to undo"):
        history.undo(asked.confirm, asked.say)


def test_an_undo_leaves_what_else_lies_beside_the_old_tables(project: Path) -> None:
    folder = history.new_folder()
    refreshing.apply(gdp_proposal(), Asked(True).confirm, print, folder)
    assert published.notes() == [], "what a refresh wrote is published"
    notes = folder / "notes" / "why.txt"
    notes.parent.mkdir()
    notes.write_text("asked by the ministry")
    assert history.undo(Asked(True).confirm, print) is True
    assert [p for p in folder.rglob("*") if p.is_file()] == [notes] and notes.read_text() == "asked by the ministry"
    assert published.notes() == []


def test_an_undo_that_was_stopped_half_way_loses_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (project / "data" / "gdp.csv").read_bytes()
    asked = Asked(True)
    refreshing.apply(gdp_proposal(), asked.confirm, asked.say)
    refreshed = (project / "data" / "gdp.csv").read_bytes()

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(history, "set_sources", stopped)
        with pytest.raises(KeyboardInterrupt):
            history.undo(asked.confirm, asked.say)
    assert history.undo(asked.confirm, asked.say) is True
    assert (project / "data" / "gdp.csv").read_bytes() == before
    (kept,) = (project / history.FOLDER).rglob("gdp.csv")
    assert kept.read_bytes() == refreshed


def test_sources_that_are_none_are_not_written(project: Path) -> None:
    asked = Asked(True)
    refreshing.apply(gdp_proposal(), asked.confirm, asked.say)
    (noted,) = (project / history.FOLDER).rglob("sources.json")
    noted.write_text('{"gdp": "World Bank"}', encoding="utf-8")
    before = {p: p.read_bytes() for p in (project / "data").rglob("*") if p.is_file()}
    with pytest.raises(SourceError, match="gdp: a list of sources with titles is expected; nothing changed"):
        history.undo(asked.confirm, asked.say)
    assert before == {p: p.read_bytes() for p in (project / "data").rglob("*") if p.is_file()}


def test_the_newest_refresh_is_undone_first(project: Path) -> None:
    asked = Asked(True)
    states = [(project / "data" / "gdp.csv").read_bytes()]
    for factor in (1.01, 1.02):
        frame = tables.gdp()
        frame["gdp_musd"] *= factor
        refreshing.apply(gdp_proposal_from(frame), asked.confirm, asked.say)
        states.append((project / "data" / "gdp.csv").read_bytes())
    for state in states[-2::-1]:
        history.undo(asked.confirm, asked.say)
        assert (project / "data" / "gdp.csv").read_bytes() == state


@pytest.mark.parametrize("content", ["{", "[1]", '{"no_such_table": []}', '{"gdp": []}'])
def test_a_damaged_history_changes_nothing(project: Path, content: str) -> None:
    folder = history.new_folder()
    folder.mkdir(parents=True)
    (folder / "sources.json").write_text(content, encoding="utf-8")
    before = {p: p.read_bytes() for p in (project / "data").rglob("*") if p.is_file()}
    with pytest.raises(SourceError, match="nothing changed"):
        history.undo(Asked(True).confirm, print)
    assert before == {p: p.read_bytes() for p in (project / "data").rglob("*") if p.is_file()}


def test_a_dry_run_shows_and_writes_nothing(project: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tables.gdp()
    records = [wb_record(r.iso3, r.year, r.gdp_musd * 1e6) for r in old.itertuples()]
    server.script = [wb_pages([*records, wb_record("PAK", 2024, 373_071_812_345.0)])]
    client, _ = client_of(server)
    monkeypatch.setattr(worldbank, "client", lambda: client)
    before = {p: p.read_bytes() for p in project.rglob("*") if p.is_file()}
    asked = Asked(True)
    assert refreshing.refresh("worldbank", confirm=asked.confirm, say=asked.say, dry_run=True) == 0
    assert before == {p: p.read_bytes() for p in project.rglob("*") if p.is_file()}
    assert any("1 rows new" in line for line in asked.said) and asked.said[-1] == "nothing written: a dry run"
    assert not asked.questions


def gdp_proposal_from(frame: pd.DataFrame) -> refreshing.Proposal:
    return refreshing.Proposal("gdp", frame, "World Bank, newer", "", "CC BY 4.0")


def test_figures_that_do_not_fit_the_table_are_not_written(project: Path) -> None:
    before = (project / "data" / "gdp.csv").read_bytes()
    broken = tables.gdp()
    broken["gdp_musd"] = -1.0
    with pytest.raises(SourceError, match="does not fit the table; nothing written"):
        refreshing.write(gdp_proposal_from(broken))
    assert (project / "data" / "gdp.csv").read_bytes() == before
    assert not list((project / "data").glob(".*"))


def test_a_failing_source_leaves_data_as_it_was(project: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.script = [status(500)]
    client, _ = client_of(server, attempts=2)
    monkeypatch.setattr(worldbank, "client", lambda: client)
    before = {p: p.read_bytes() for p in (project / "data").rglob("*") if p.is_file()}
    asked = Asked(True)
    with pytest.raises(SourceError):
        refreshing.refresh("worldbank", confirm=asked.confirm, say=asked.say)
    assert before == {p: p.read_bytes() for p in (project / "data").rglob("*") if p.is_file()}


def test_refresh_from_the_world_bank_end_to_end(project: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tables.gdp()
    records = [wb_record(r.iso3, r.year, r.gdp_musd * 1e6) for r in old.itertuples() if r.iso3 != "VEN"]
    server.script = [wb_pages([*records, wb_record("PAK", 2024, 373_071_812_345.0)])]
    client, _ = client_of(server)
    monkeypatch.setattr(worldbank, "client", lambda: client)
    asked = Asked(True)
    assert refreshing.refresh("worldbank", confirm=asked.confirm, say=asked.say) == 0
    new = tables.gdp()
    assert len(new) == len(old) + 1
    assert (new["iso3"] == "VEN").sum() == (old["iso3"] == "VEN").sum(), "what the source lacks stays"


def test_a_new_year_of_trade_has_the_form_of_the_others(project: Path) -> None:
    panel = tables.bilateral_trade_panel()
    flows = pd.DataFrame(
        [("PAK", "RUS", 2024, 74.04321), ("PAK", "CHN", 2024, 2396.5), ("UZB", "PAK", 2024, 79.23)],
        columns=["exporter", "importer", "year", "trade_musd"],
    )
    new = refreshing.with_year(panel, flows)
    year = new[new["year"] == 2024]
    assert set(year["exporter"]) == {"PAK", "UZB"} and (year["exporter"] != year["importer"]).all()
    assert year.loc[year["exporter"] == "PAK", "importer"].nunique() == panel["importer"].nunique() - 1
    value = year.set_index(["exporter", "importer"])["trade_musd"]
    assert value["PAK", "RUS"] == 74.04 and value["PAK", "USA"] == 0.0
    agreement = year.set_index(["exporter", "importer"])["trade_agreement"]
    in_2016 = panel[panel["year"] == 2016].set_index(["exporter", "importer"])["trade_agreement"]
    assert agreement["PAK", "CHN"] == in_2016["PAK", "CHN"]
    kept = refreshing.write(refreshing.Proposal("bilateral_trade_panel", new, "CEPII BACI 2024", "https://www.cepii.fr", "Etalab"))
    assert kept.exists()
    again = tables.bilateral_trade_panel()
    assert np.allclose(again["trade_musd"], new["trade_musd"]) and again["year"].max() == 2024
    assert refreshing.with_year(again, flows).equals(again), "the same year again changes nothing"


def test_cepii_needs_files_and_knows_them(project: Path, tmp_path: Path) -> None:
    asked = Asked(True)
    with pytest.raises(SourceError, match="www.cepii.fr"):
        refreshing.refresh("cepii", confirm=asked.confirm, say=asked.say)
    file = world_baci(tmp_path, change=lambda flows: of_pair(flows, "PAK", "RUS", 1.0))
    assert refreshing.refresh("cepii", files=[file], confirm=asked.confirm, say=asked.say) == 0
    new = tables.world_trade().set_index(["exporter", "importer"])
    assert new.loc[("PAK", "RUS"), "trade_musd"] == pytest.approx(1.0)
    assert (new["status"] == "unreported").sum() > 5000, "what neither side reports stays unknown"
    assert tables.bilateral_trade_panel()["year"].max() == 2016
    assert "BACI" in package.resource("world_trade").sources[0].title
    assert set(names.economies()) >= {"PAK", "UZB"}


def test_trade_newer_than_gdp_is_not_taken(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model could not use it: what to do first is told, and nothing is fetched or written."""
    before = (project / "data" / "bilateral_trade_panel.csv").read_bytes()
    asked = Asked(True)
    file = world_baci(tmp_path, 2024)
    with pytest.raises(SourceError, match="refresh worldbank"):
        refreshing.refresh("cepii", files=[file], confirm=asked.confirm, say=asked.say)
    monkeypatch.setattr(refreshing.comtrade, "exports", lambda *_: pytest.fail("fetched"))
    with pytest.raises(SourceError, match="--year 2023"):
        refreshing.refresh("comtrade", year=2024, confirm=asked.confirm, say=asked.say)
    assert (project / "data" / "bilateral_trade_panel.csv").read_bytes() == before


def test_no_key_is_told_however_a_source_fails(server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    import logging
    import traceback

    monkeypatch.setenv(comtrade.KEY, "secret-key-123")
    caplog.set_level(logging.DEBUG)
    for status in (401, 429, 500, 404):
        server.script = [lambda *_, status=status: (status, {}, b"no")]
        source = comtrade.client(server.base)
        source.attempts, source.min_interval, source.sleep = 2, 0.0, lambda _: None
        with pytest.raises(SourceError) as failed:
            comtrade.exports(source, 2023, print)
        told = "".join(traceback.format_exception(failed.value))
        assert "secret-key-123" not in told + caplog.text


@pytest.mark.slow
def test_another_edition_of_trade_becomes_the_base_and_comparing_tells_what_it_did(project: Path, tmp_path: Path) -> None:
    """From a BACI file to two results side by side, each run as a user runs it."""
    import json
    import os
    import subprocess
    import sys

    def corridors(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "corridors.cli", *arguments], capture_output=True, text=True,
            env={**os.environ, "CORRIDORS_ROOT": str(project)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(corridors("run", "capacity-800", "--draws", "64", "--json"))
    flows = tables.world_trade()
    flows["trade_musd"] *= np.where(flows["exporter"] == "CHN", 1.6, 1.25)
    refreshing.write(refreshing.Proposal("world_trade", flows, "BACI, another edition", "https://www.cepii.fr", "Etalab"))
    new.write_text(corridors("run", "capacity-800", "--draws", "64", "--json"))
    before, after = json.loads(old.read_text()), json.loads(new.read_text())
    assert before["facts"]["base_year"] == after["facts"]["base_year"] == 2023
    assert after["facts"]["predicted_ratio"]["exports"]["observed_musd"] == pytest.approx(1.25 * before["facts"]["predicted_ratio"]["exports"]["observed_musd"], rel=1e-5)
    found = json.loads(corridors("compare", str(old), str(new), "--json"))
    changed = {step["step"]: step["changes"] for step in found["steps"]}
    assert found["first_step"] == "What is known"
    assert changed["Trade without the measures"] and not changed["What was asked"]
    assert json.loads(corridors("compare", str(old), str(old), "--json"))["first_step"] is None
    # Another theta moves what comes after it, and what closures since the base year took from trade; nothing before.
    table = project / "data" / "parameters.csv"
    text = table.read_text(encoding="utf-8")
    drawn = "trade_elasticity,theta,2.94,1.58,6.82,mixture,"
    assert text.count(drawn) == 1
    table.write_text(text.replace(drawn, "trade_elasticity,theta,6,3,8,lognormal,"), encoding="utf-8")
    other = tmp_path / "other.json"
    other.write_text(corridors("run", "capacity-800", "--draws", "64", "--json"))
    assert json.loads(corridors("compare", str(new), str(other), "--json"))["first_step"] == "Trade without the measures"


def test_several_years_of_baci_extend_the_newest_trade() -> None:
    known = tables.world_trade()
    flows = pd.DataFrame(
        [("PAK", "RUS", 2022, 70.0), ("RUS", "BLR", 2022, 21000.0), ("PAK", "RUS", 2024, 95.0)],
        columns=["exporter", "importer", "year", "trade_musd"],
    )
    new = cepii.reconciled(known, flows)
    assert sorted(new["year"].unique()) == [2022, 2023, 2024]
    assert new[new["year"] == 2023].reset_index(drop=True)[known.columns].equals(known.sort_values(["year", "exporter", "importer"], ignore_index=True))
    by = new.set_index(["year", "exporter", "importer"])
    assert by.loc[(2024, "PAK", "RUS"), "trade_musd"] == 95.0
    assert by.loc[(2022, "RUS", "BLR"), "status"] == "reported", "reported now, though not in the edition before"
    assert by.loc[(2024, "RUS", "BLR"), "status"] == "unreported"


def imf_answers(change: Callable[[dict[str, Any]], None] = lambda _: None) -> Callable[[str, dict[str, str], Any], Answer]:
    """The DataMapper's form: one indicator a call."""

    def step(path: str, _query: dict[str, str], _headers: Any) -> Answer:
        code = path.rsplit("/", 1)[-1]
        values: dict[str, Any] = {e: {"1999": 1.0, "2030": 3.0, "2031": 4.0} for e in ("USA", "PAK", "WEOWORLD")}
        body = {"values": {code: values}}
        change(body)
        return 200, {}, json.dumps(body).encode()

    return step


def test_a_newer_outlook_of_the_imf_takes_the_place_of_the_old(server: Server) -> None:
    server.script = [imf_answers()]
    known = tables.imf_weo()
    new = imf.outlook(http.Client("IMF", server.base, min_interval=0.0), known)
    assert list(new.columns) == list(known.columns)
    assert set(new["iso3"]) == {"USA", "PAK"} and set(new["year"]) == {2030, 2031}
    assert (new["gdp_busd"] > 0).all() and new["gdp_latest_actual"].notna().all()
    deflator = known.set_index(["iso3", "year"]).loc[("USA", 2030), "gdp_deflator_index"]
    assert new.set_index(["iso3", "year"]).loc[("USA", 2030), "gdp_deflator_index"] == deflator


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda b: b.pop("values"), "another form"),
        (lambda b: next(iter(b["values"].values())).pop("USA"), "no figures for USA"),
        (lambda b: next(iter(b["values"].values()))["PAK"].update({"2030": "many"}), "no figure of a year"),
        (lambda b: next(iter(b["values"].values()))["PAK"].update({"2030": -3.0}), "cannot be negative"),
        (lambda b: next(iter(b["values"].values()))["PAK"].update({"next year": 1.0}), "no figure of a year"),
    ],
)
def test_an_outlook_that_cannot_be_is_refused(server: Server, change: Callable[[dict[str, Any]], None], says: str) -> None:
    server.script = [imf_answers(change)]
    with pytest.raises(SourceError, match=says):
        imf.outlook(http.Client("IMF", server.base, min_interval=0.0), tables.imf_weo())
