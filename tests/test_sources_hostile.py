"""Sources that lie, bait and stall, played by servers of our own: nothing leaks, nothing grows, nothing hangs, nothing wrong is kept."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
import traceback
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corridors import errors
from corridors.cli import _mistakes_of
from corridors.data import tables
from corridors.data.sources import comtrade, http, plausible, worldbank
from corridors.data.sources import refresh as refreshing
from corridors.errors import CorridorsError, SourceError, hide, plain
from test_sources import Answer, Server, as_json, client_of, ct_record, server  # noqa: F401

KEY = "0123456789abcdef-secret"


@pytest.fixture(autouse=True)
def _hides_nothing_for_others() -> Iterator[None]:
    before = set(errors._hidden)
    yield
    errors._hidden.clear()
    errors._hidden.update(before)


def keyed(server: Server, monkeypatch: pytest.MonkeyPatch, key: str = KEY) -> http.Client:  # noqa: F811
    monkeypatch.setenv(comtrade.KEY, key)
    source = comtrade.client(server.base)
    source.attempts, source.min_interval, source.sleep = 2, 0.0, lambda _: None
    return source


# --- the key -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed_and_gets_no_key(server: Server, monkeypatch: pytest.MonkeyPatch, code: int) -> None:  # noqa: F811
    thief = Server()
    thief.script = [as_json({"data": []})]
    server.script = [lambda *_: (code, {"Location": f"{thief.base}/steal"}, b"")]
    with pytest.raises(SourceError, match="which is another place; nothing is sent there"):
        comtrade.exports(keyed(server, monkeypatch), 2023, print)
    assert thief.asked == []
    thief.httpd.shutdown()


@pytest.mark.parametrize("there", ["//127.0.0.1:9/x", "https://127.0.0.1/x", "http://127.0.0.1:99999/", "http://[", "file:///etc/passwd"])
def test_no_redirect_to_another_port_scheme_or_nonsense(server: Server, there: str) -> None:  # noqa: F811
    server.script = [lambda *_: (302, {"Location": there}, b"")]
    with pytest.raises(SourceError):
        client_of(server, attempts=1)[0].get_json("x")


def test_a_redirect_on_the_same_host_is_followed_but_not_for_ever(server: Server) -> None:  # noqa: F811
    server.script = [lambda *_: (302, {"Location": "/there"}, b""), as_json([1])]
    assert client_of(server)[0].get_json("x") == [1]
    server.script = [lambda *_: (302, {"Location": "/there"}, b"")]
    with pytest.raises(SourceError, match="sends on and on"):
        client_of(server)[0].get_json("x")


def test_only_https_is_asked() -> None:
    with pytest.raises(SourceError, match="only https is asked"):
        http.Client("A source", "http://example.org")


@pytest.mark.parametrize("echo", [f"your key {KEY} is wrong", f"?subscription-key={KEY}&x", KEY.upper().lower(), "\n\n" + KEY + "\x1b[2J"])
def test_an_error_that_echoes_the_key_does_not_show_it(server: Server, monkeypatch: pytest.MonkeyPatch, echo: str) -> None:  # noqa: F811
    for answer in ({"data": [], "error": echo}, {echo: 1}, {"data": [{echo: 1}]}, {"data": [{**ct_record("PAK", "RUS", 1.0), "reporterISO": echo}]}):
        server.asked.clear()
        server.script = [as_json(answer)]
        with pytest.raises(SourceError) as caught:
            comtrade.exports(keyed(server, monkeypatch), 2024, print)
        told = "".join(traceback.format_exception(caught.value))
        assert KEY not in told and "\x1b" not in told


@pytest.mark.parametrize("key", ["abcd\nefgh-secret", "ключ-который-секрет", "abcd efgh-secret", "short", "x" * 500, "abcd\x00efgh-secret", "“quoted-secret”"])
def test_what_cannot_be_a_key_is_not_sent_and_not_shown(server: Server, monkeypatch: pytest.MonkeyPatch, key: str) -> None:  # noqa: F811
    with contextlib.suppress(ValueError):  # No environment can hold a zero byte.
        with pytest.raises(SourceError, match="COMTRADE_API_KEY holds no key") as caught:
            keyed(server, monkeypatch, key)
        assert key not in str(caught.value) and server.asked == []


@given(secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40), around=st.text(max_size=20))
def test_a_hidden_text_is_in_no_message(secret: str, around: str) -> None:
    errors._hidden.clear()
    hide(secret)
    assert secret not in str(CorridorsError(around + secret + around))


# --- size, time and form -------------------------------------------------------------------------------------


def packed(body: bytes, coding: str = "gzip") -> Callable[..., Answer]:
    return lambda *_: (200, {"Content-Encoding": coding}, body)


def test_a_packed_answer_is_unpacked_and_a_bomb_is_not(server: Server) -> None:  # noqa: F811
    server.script = [packed(gzip.compress(b"[1, 2]")), packed(zlib.compress(b"[3]"), "deflate")]
    client, _ = client_of(server)
    assert client.get_json("x") == [1, 2] and client.get_json("x") == [3]
    server.script = [packed(gzip.compress(b"[" + b" " * 30_000_000 + b"]"))]
    with pytest.raises(SourceError, match="an answer of more than 1 MB"):
        client_of(server, most_bytes=2**20)[0].get_json("x")


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd", "gzip\x1b[0m", "x" * 5_000])
def test_other_ways_of_packing_are_refused(server: Server, coding: str) -> None:  # noqa: F811
    server.script = [packed(gzip.compress(gzip.compress(b"[1]")), coding)]
    with pytest.raises(SourceError) as caught:
        client_of(server, attempts=1)[0].get_json("x")
    assert len(str(caught.value)) < 400 and "\x1b" not in str(caught.value)


@pytest.mark.parametrize("body", [b"[" * 200_000, b"[NaN]", b"[Infinity]", b"[" + b"9" * 10_000 + b"]", b"\xff\xfe", b"", gzip.compress(b"[1]", mtime=0)[:-5], b"\x1f\x8b damaged"], ids=range(8))
def test_what_is_no_sound_json_is_an_error_of_the_source(server: Server, body: bytes) -> None:  # noqa: F811
    server.script = [packed(body) if body[:1] == b"\x1f" else lambda *_: (200, {}, body)]
    with pytest.raises(SourceError, match="A source: x: "):
        client_of(server, attempts=1)[0].get_json("x")


class Dripping:
    """Sends one byte of ``answer`` at a time, for ever."""

    def __init__(self, head: bytes, byte: bytes) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.head, self.byte = head, byte
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                connection.recv(65536)
                with contextlib.suppress(OSError):
                    connection.sendall(self.head)
                    while True:
                        time.sleep(0.05)
                        connection.sendall(self.byte)


@pytest.mark.parametrize(("head", "byte"), [(b"", b"H"), (b"HTTP/1.1 200 OK\r\n", b"X"), (b"HTTP/1.1 200 OK\r\n\r\n[", b" ")], ids=["status", "headers", "body"])
def test_a_byte_now_and_then_is_given_up(head: bytes, byte: bytes) -> None:
    slow = Dripping(head, byte)
    client = http.Client("A source", slow.base, min_interval=0, attempts=3, timeout=5.0, answer_seconds=0.4, sleep=lambda _: None)
    started = time.monotonic()
    with pytest.raises(SourceError, match="too slow"):
        client.get_json("x")
    assert time.monotonic() - started < 3
    slow.listener.close()


@pytest.mark.parametrize("after", ["nan", "1e999", "-5", "Thu, 99 Foo 99999 99:99:99 GMT", "x" * 1000])
def test_a_strange_time_to_come_back_is_no_reason_to_wait_for_ever(server: Server, after: str) -> None:  # noqa: F811
    server.script = [lambda *_: (429, {"Retry-After": after}, b""), as_json([1])]
    client, sleeper = client_of(server)
    assert client.get_json("x") == [1]
    assert all(0 <= seconds <= client.longest_pause for seconds in sleeper.slept)


def test_a_download_larger_than_any_table_is_refused_before_it_is_written(server: Server, tmp_path: Path) -> None:  # noqa: F811
    server.script = [lambda *_: (200, {"Content-Length": str(10**15)}, b"x")]
    with pytest.raises(SourceError, match="which no table of ours needs"):
        client_of(server, attempts=1)[0].download("big", tmp_path / "big")
    server.script = [lambda *_: (200, {}, b"x" * 5_000_000)]
    with pytest.raises(SourceError, match="which no table of ours needs"):
        client_of(server, attempts=1, most_download_bytes=2**20)[0].download("big", tmp_path / "big")
    assert not (tmp_path / "big").exists()


# --- what messages show --------------------------------------------------------------------------------------


@given(st.text(max_size=60))
@example("\x1b]0;owned\x07")
@example("\u202egnp.exe")
@example("\u2066a\u2069\u200b\ufeff\u00ad\x9b31m")
def test_no_control_character_is_in_a_message(text: str) -> None:
    told = str(CorridorsError(f"table: {text!s}: wrong"))
    assert not [c for c in told if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in "\n\t\u200c\u200d"]
    assert plain(told) == told


def test_words_in_other_scripts_stay_as_they_are() -> None:
    for text in ("پاکستان می‌خواهد", "Қазақстан", "中国", "Côte d’Ivoire", "हिन्दी"):
        assert plain(text) == text


# --- figures that are not what was asked for ------------------------------------------------------------------


def comtrade_with(server: Server, reporters: object, records: object) -> http.Client:  # noqa: F811
    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        return as_json({"results": reporters} if path.endswith("Reporters.json") else {"data": records, "error": ""})()

    server.asked.clear()
    server.script = [answer]
    return client_of(server, attempts=1)[0]


PAK = {"reporterCode": 586, "reporterCodeIsoAlpha3": "PAK"}


@pytest.mark.parametrize("code", ["../../../evil", "586", -1, 10**9, 5.5, True, None, [586], "/etc/x"])
def test_a_number_of_a_reporter_is_never_a_path(server: Server, tmp_path: Path, code: object) -> None:  # noqa: F811
    source = comtrade_with(server, [{**PAK, "reporterCode": code}], [ct_record("PAK", "RUS", 1e6)])
    with pytest.raises(SourceError, match="reporterCode of PAK is .*expected: a number below 10,000"):
        comtrade.exports(source, 2024, print, tmp_path / "a" / "b" / "c")
    assert not list(tmp_path.rglob("*.json")) and not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize(
    ("reporters", "says"),
    [
        ([PAK, PAK], "occurs twice"), ([PAK, {**PAK, "reporterCode": 587}], "occurs twice"), (["PAK"], "expected: an object"), ({"PAK": 1}, "no reporters"),
        ([{"x": 1}], "missing 'reporterCode'"),
    ],
)  # fmt: skip
def test_a_list_of_reporters_that_is_none(server: Server, tmp_path: Path, reporters: object, says: str) -> None:  # noqa: F811
    with pytest.raises(SourceError, match=says):
        comtrade.exports(comtrade_with(server, reporters, []), 2024, print, tmp_path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"period": "2020"}, "asked for: 2024"), ({"flowCode": "M"}, "asked for: X"), ({"cmdCode": "27"}, "asked for: TOTAL"),
        ({"reporterISO": "CHN"}, "asked for: PAK"), ({"partnerISO": 7}, "expected: a code"), ({"primaryValue": "12"}, "expected: US dollars"),
        ({"primaryValue": -1}, "expected: US dollars"), ({"primaryValue": 1e300}, "expected: US dollars"), ({"primaryValue": True}, "expected: US dollars"),
        ({"primaryValue": {"a": [1]}}, "expected: US dollars"),
    ],
)  # fmt: skip
def test_a_record_of_something_else_is_refused_also_from_the_cache(server: Server, tmp_path: Path, change: dict[str, Any], says: str) -> None:  # noqa: F811
    wrong = {**ct_record("PAK", "RUS", 1e6), **change}
    with pytest.raises(SourceError, match=says):
        comtrade.exports(comtrade_with(server, [PAK], [wrong]), 2024, print, tmp_path)
    (tmp_path / "comtrade-2024").mkdir(exist_ok=True)
    (tmp_path / "comtrade-2024" / "586.json").write_text(json.dumps([wrong]))
    frame = comtrade.exports(comtrade_with(server, [PAK], [ct_record("PAK", "RUS", 1e6)]), 2024, print, tmp_path)
    assert frame["trade_musd"].tolist() == [1.0], "asked for again"


def test_a_flow_told_twice_is_refused_and_not_added_up(server: Server, tmp_path: Path) -> None:  # noqa: F811
    with pytest.raises(SourceError, match="more than once"):
        comtrade.exports(comtrade_with(server, [PAK], [ct_record("PAK", "RUS", 1e6)] * 2), 2024, print, tmp_path)


def record(**change: object) -> dict[str, object]:
    return {"countryiso3code": "PAK", "date": "2024", "value": 3.7e11, **change}


@pytest.mark.parametrize(
    "answer",
    [
        [{"pages": 10**9}, [record()]], [{"pages": -1}, []], [{"pages": "1"}, []], [{"pages": True}, []], [{"pages": 1}, [record(date="1850")]],
        [{"pages": 1}, [record(date=2024)]], [{"pages": 1}, [record(date="２０２４")]], [{"pages": 1}, [record(date="2024-01")]], [{"pages": 1}, [record(value="1")]],
        [{"pages": 1}, [record(value=1e308)]], [{"pages": 1}, [record(value=-5)]], [{"pages": 1}, [record(value=0)]], [{"pages": 1}, [record(value=True)]],
        [{"pages": 1}, [record(value=[1])]], [{"pages": 1}, [record(), record()]], [{"pages": 1}, [7]], [{"pages": 1}, {"a": 1}], [{"message": []}], [{"message": "\x1b[2J"}],
        [{"message": [7]}], [{"message": {"value": 3}}], [7, []], [[], []], "text", 7, None, True, {}, [], [{"pages": 1}], [{"pages": 1}, [record(countryiso3code=5)]],
    ],
)  # fmt: skip
def test_no_answer_of_the_world_bank_is_a_fault_of_the_program(server: Server, answer: object) -> None:  # noqa: F811
    server.script = [as_json(answer)]
    with pytest.raises(SourceError) as caught:
        worldbank.gdp(client_of(server, attempts=1)[0], 2020, 2025)
    assert len(server.asked) <= worldbank.MOST_PAGES and "\x1b" not in str(caught.value)


_JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("pages", "message", "countryiso3code", "date", "value", "data", "error", "results", "reporterISO", "x")), inner, max_size=5), max_leaves=12)


class Told(http.Client):
    """A source whose answers are given, without a network."""

    answers: list[object]

    def get_json(self, path: str, params: object = None) -> Any:
        return json.loads(json.dumps(self.answers[0 if path.endswith("Reporters.json") else -1]))


@given(_JSON, _JSON)
def test_whatever_sources_answer_is_figures_or_an_error_of_the_source(tmp_path_factory: pytest.TempPathFactory, one: object, other: object) -> None:
    folder = tmp_path_factory.mktemp("answers")
    for answers in ([one], [[{"pages": 1}, one]], [[{"pages": 1}, [{**record(), "date": one, "value": other}]]]):
        source = Told("A source", "https://example.org")
        source.answers = answers
        with contextlib.suppress(SourceError):
            assert len(worldbank.gdp(source)) > 0
    for answers in ([one, other], [{"results": [PAK]}, {"data": one}], [{"results": [PAK]}, {"data": [{**ct_record("PAK", "RUS", 1.0), "primaryValue": one, "partnerISO": other}]}]):
        source.answers = answers
        with contextlib.suppress(SourceError):
            assert len(comtrade.exports(source, 2024, print, folder)) > 0
        for file in folder.rglob("*.json"):
            file.unlink()


def test_figures_cut_short_in_other_units_or_of_one_economy_for_all_are_refused() -> None:
    gdp, panel = tables.gdp(), tables.bilateral_trade_panel()
    assert len(plausible.gdp(gdp, gdp)) == len(gdp)
    latest = panel[panel["year"] == panel["year"].max()].drop(columns="trade_agreement")
    assert len(plausible.trade(latest, panel)) == len(latest)
    wrong = [
        lambda: plausible.gdp(gdp[gdp["iso3"] < "C"], gdp), lambda: plausible.gdp(gdp.assign(gdp_musd=gdp["gdp_musd"] / 1000), gdp),
        lambda: plausible.gdp(gdp.assign(gdp_musd=gdp["gdp_musd"].where(gdp["iso3"] != "PAK", 1.0)), gdp),
        lambda: plausible.gdp(gdp.assign(gdp_musd=gdp["gdp_musd"].where(gdp["iso3"] != "PAK", 1e9)), gdp),
        lambda: plausible.trade(latest[latest["exporter"] == "PAK"], panel), lambda: plausible.trade(latest.assign(trade_musd=latest["trade_musd"] / 1000), panel),
        lambda: plausible.trade(latest.assign(trade_musd=latest["trade_musd"].where(latest["exporter"] != "PAK", 1e7)), panel),
    ]  # fmt: skip
    for one in wrong:
        with pytest.raises(SourceError):
            one()


def test_figures_that_would_break_a_study_are_tried_and_not_written(project: Path) -> None:
    """What is asked before anything is written: whether the model can be computed from the data as they would be."""
    gdp = tables.gdp()
    newer = gdp.assign(gdp_musd=gdp["gdp_musd"] * 1.01)
    proposal = refreshing.Proposal("gdp", newer, "World Bank, newer", "https://data.worldbank.org", "CC BY 4.0")
    seen: list[float] = []

    def try_out(root: Path) -> str:
        seen.append(pd.read_csv(root / "data" / "gdp.csv")["gdp_musd"].sum())
        return "the sample is singular"

    before = (project / "data" / "gdp.csv").read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refreshing, "_worldbank", lambda: proposal)
        with pytest.raises(SourceError, match="with these figures the model cannot be computed; nothing written: the sample is singular"):
            refreshing.refresh("worldbank", confirm=lambda _: True, say=lambda _: None, try_out=try_out)
    assert seen[0] == pytest.approx(newer["gdp_musd"].sum(), rel=1e-5) and (project / "data" / "gdp.csv").read_bytes() == before


@pytest.mark.slow
def test_check_finds_figures_that_break_the_model(project: Path) -> None:
    assert _mistakes_of(project) == ""
    panel = pd.read_csv(project / "data" / "bilateral_trade_panel.csv")
    panel.assign(trade_musd=0.0).to_csv(project / "data" / "bilateral_trade_panel.csv", index=False)
    told = _mistakes_of(project)
    assert "data: the model cannot be computed from these tables" in told and "fault of the program" not in told
