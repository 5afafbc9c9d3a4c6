"""Never all or nothing: a draw whose queues and choices do not agree is left out, counted and told; too many are an error."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corridors import cli, scenario
from corridors.errors import NotConverged
from corridors.runtime import paths
from corridors.study import pipeline
from corridors.study.remarks import unsettled
from corridors.transport import assignment
from corridors.transport.cases import Cases

SHARED = (
    Path(os.environ.get("CORRIDORS_SHARED", paths.root().parent / "shared"))
    / "cases"
    / "mongolia_china"
)
ASKED: dict[str, Any] = {
    "title": "Khorgos takes more", "pair": ["CHN", "KAZ"],
    "measures": [{"kind": "border_capacity", "crossings": ["khorgos"], "trucks_per_day": 1500}],
}  # fmt: skip
# A pair that is its crossing's main traffic: by round figures, none of them a fact.
OWN = {
    "places": "ulan_x,Ulan,city,MNG,47.92,106.92\nudinsk_x,Udinsk,city,RUS,51.83,107.6\nkyakhta_x,Kyakhta,crossing,MNG-RUS,50.34,106.45\n",
    "links": "ulan_x,kyakhta_x,road,340,272,made up\nkyakhta_x,udinsk_x,road,230,184,made up\n",
    "crossings": "kyakhta_x,150,105,210,4,20,10,36,10,6,4,8,5,2,20,100,140,98,196,4,3,open,2024-01-01,capacity_trucks_per_day,made up,\n",
    "gateways": "MNG,,ulan_x,1,true,\nRUS,MNG,udinsk_x,1,true,\n",
    "pair_traffic": "MNG,RUS,65,0.5,true,made up\nRUS,MNG,65,0.5,true,made up\n",
    "road_costs": "MNG,0.08,0.056,0.112,45,16,usd_per_t_km speed_kmh moving_hours_per_day,made up,\n",
}


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Cases with one of these trade elasticities never settle, and end in what is no number."""
    elasticities: list[float] = []
    honest = assignment._some

    def some(layout: Any, cases: Cases, count: int, *more: Any) -> dict[str, Any]:
        found = honest(layout, cases, count, *more)
        first, last = more[-2:]
        theta = np.broadcast_to(cases.values["trade_elasticity"], (count,))[first:last]
        rows = np.isin(theta, elasticities)
        for name in ("price_factor", "composite_cost", "queue_hours", "gap"):
            found[name] = np.array(found[name])
            found[name][rows] = np.nan
        return found

    monkeypatch.setattr(assignment, "_some", some)
    return elasticities


def a_study() -> pipeline.Study:
    return pipeline.Study(scenario.parse(ASKED, name="khorgos-more"), 64, 1)


def test_one_in_a_thousand_may_be_left_out_and_of_fewer_draws_one() -> None:
    allowed = [assignment.most_unsettled(n) for n in (1, 10, 63, 64, 512, 1000, 1999, 4096, 65_536)]
    assert allowed == [0, 0, 0, 1, 1, 1, 1, 4, 65]
    for count, left in ((10, 1), (64, 2), (4096, 5)):
        settled = np.arange(count) >= left
        with pytest.raises(NotConverged, match=f"in {left} of {count:,} cases .* do not agree"):
            assignment.must_settle(settled, count, "test")
    assignment.must_settle(np.arange(64) >= 1, 64, "test")


def test_a_draw_that_does_not_settle_is_left_out_and_the_others_stay(stuck: list[float]) -> None:
    clean = a_study()
    expected = clean.effect_percent
    assert clean.change.unsettled == 0
    stuck.append(float(clean.params["trade_elasticity"][17]))
    study = a_study()
    others = np.arange(64) != 17
    # World trade clears to 1e-10 in any company.
    np.testing.assert_allclose(
        study.change.response.trade_factor[others],
        clean.change.response.trade_factor[others],
        rtol=1e-9,
    )
    assert study.change.unsettled == 1 and np.isfinite(study.change.response.trade_factor).all()
    np.testing.assert_array_equal(
        study.change.response.trade_factor[17], study.change.response.trade_factor[18]
    )
    np.testing.assert_allclose(study.effect_percent[others], expected[others], atol=1e-6)
    assert study.change.after is not None and np.isfinite(study.change.after.queue_hours).all()


def test_what_was_left_out_is_counted_and_told(stuck: list[float]) -> None:
    stuck.append(float(a_study().params["trade_elasticity"][40]))
    summary = pipeline.run(scenario.parse(ASKED, name="khorgos-more"), draws=64, seed=1).summary()
    assert summary["unsettled_draws"] == 1
    assert [m for m in summary["messages"] if "left out" in m] == list(unsettled(1, 64))
    assert np.isfinite([summary["effect_percent"][p] for p in ("p10", "p50", "p90")]).all()
    assert unsettled(0, 64) == () and "3 of 4,096 simulated futures were left out" in unsettled(3, 4096)[0]


def test_too_many_end_in_plain_words_and_exit_status_1(
    stuck: list[float], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stuck.extend(float(x) for x in a_study().params["trade_elasticity"][[3, 5]])
    file = tmp_path / "khorgos-more.yaml"
    file.write_text(
        json.dumps({**ASKED, "uncertainty": {"draws": 64, "seed": 1}}), encoding="utf-8"
    )
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", str(file), "--json"])
    assert ended.value.code == 1
    told = capsys.readouterr()
    assert (
        not told.out
        and "in 2 of 64 cases" in told.err
        and "at most 1 may be left out" in told.err
        and "Traceback" not in told.err
    )


def test_the_central_case_is_never_left_out(stuck: list[float]) -> None:
    study = a_study()
    stuck.append(float(study.middle["trade_elasticity"][0]))
    with pytest.raises(NotConverged, match="none may be left out"):
        _ = study.central_change


def run_with(rows: dict[str, str], asked: Path, root: Path, draws: int) -> dict[str, Any]:
    """The answer of the program to a scenario on a network with more rows."""
    (root / "data").mkdir()
    for item in paths.data().iterdir():
        if item.name == "network":
            shutil.copytree(item, root / "data" / "network")
        else:
            (root / "data" / item.name).symlink_to(item)
    (root / "scenarios").symlink_to(paths.root() / "scenarios")
    for name, text in rows.items():
        with (root / "data" / "network" / f"{name}.csv").open("a", encoding="utf-8") as file:
            file.write(text)
    command = [
        sys.executable,
        "-c",
        "import sys; from corridors.cli import main; sys.exit(main())",
        "run",
        str(asked),
        "--draws",
        str(draws),
        "--json",
    ]
    done = subprocess.run(
        command,
        env={**os.environ, "CORRIDORS_ROOT": str(root), "CORRIDORS_CACHE": ""},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_pair_that_is_its_crossings_main_traffic_is_answered(tmp_path: Path) -> None:
    asked = tmp_path / "nothing-done.yaml"
    asked.write_text("title: Nothing done\npair: [MNG, RUS]\nmeasures: []\n", encoding="utf-8")
    found = run_with(OWN, asked, tmp_path, 512)
    assert found["corridor_known"] and found["unsettled_draws"] == 0
    crossing = next(c for c in found["crossings"] if c["name"] == "kyakhta_x")
    assert (
        0.0
        < crossing["load_trucks_per_day"]["before"]
        <= crossing["capacity_trucks_per_day"]["before"]
    ), crossing


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared case of Mongolia and China is not here")
def test_mongolia_and_china_as_they_were_brought(tmp_path: Path) -> None:
    rows = {file.stem: file.read_text(encoding="utf-8") for file in SHARED.glob("*.csv")}
    found = run_with(rows, SHARED / "scenario.yaml", tmp_path, 512)
    assert found["corridor_known"] and found["unsettled_draws"] <= 1
    assert found["baseline"]["total_musd"][-1]["p50"] > 0


def test_a_border_of_one_truck_a_day_settles_in_every_case() -> None:
    """What little passes costs a hundred times its price; the world's say in such trade used to end at once there, and no
    traffic agreed with its own cost."""
    asked = {
        "title": "One truck a day", "pair": ["PAK", "IRN"],
        "measures": [{"kind": "border_capacity", "crossings": ["taftan", "gabd"], "trucks_per_day": 1}],
    }  # fmt: skip
    result = pipeline.run(scenario.parse(asked, name="one-truck"), draws=64, seed=1)
    rows = result["crossings"].set_index("crossing").loc[["taftan", "gabd"]]
    assert result.summary()["unsettled_draws"] == 0
    assert (rows["load_after"] <= 1.0).all() and (rows["load_before"] > 50.0).all()
