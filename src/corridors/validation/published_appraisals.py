"""Published appraisals computed again from their own figures by the functions of our appraisal.

Two publications of the Asian Development Bank print flows by year and what follows from them: they
test the arithmetic of :mod:`corridors.appraisal.cash_flow`. The bank discounts the first year once;
here the first year counts in full, so present values of these two are over ``1 + rate`` to compare.

Three are of border crossings and one of a railway line (``data/published_appraisals.csv``; full
tables of flows of corridor projects could not be opened, docs/tried.md says which were looked for):

*Øresund Bridge* (Knudsen and Rich 2013, Transport Policy). Their summary has the users' gains to
2010, the cost, the rate and the results over 50 years; vehicles a day are counted. Gains are taken
in proportion to vehicles, ``b`` euro each with ``sum over t of b v_t (1 + r)^-t = gains to 2010``,
and grow with traffic after 2010. That growth is not in their summary: :data:`GROWTH` is ours.

*Chirundu one-stop border post* (opened in 2009). Trucks, hours and dollars a truck and day as its
promoters stated them, through the rule of half: the gain that they stated for a year should follow.

*Kazungula Bridge* (feasibility study of 2001). Cost and revenue over 30 years; how revenue is
spread over them is not told, and upkeep neither, so it is spread evenly and the rate is an upper
end.

*Upgraded railway line* (case study of the European Commission's guide of 2008). Passengers and
tonnes by railway and road before and after, and what each is spared: users' gain of the opening
year by the rule of half on both ways.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.appraisal import cash_flow, users
from corridors.data import tables

Array = npt.NDArray[np.float64]

TRANSMISSION = "Table 9.18: power transmission, Viet Nam"
COURSE = "Session 2.4: sample calculation 1"
ORESUND = "Øresund Bridge: summary of the study"
CHIRUNDU = "Chirundu one-stop border post: statement at its opening"
KAZUNGULA = "Kazungula Bridge: summary of the feasibility study"
RAILWAY = "Upgraded railway line, European Union: table 4.17 of the guide"
OF_TRANSPORT = (ORESUND, CHIRUNDU, KAZUNGULA, RAILWAY)
"""Tables whose inputs are told in part: what differs is shown and explained, not a fault of ours."""
RATE = 0.12
ORESUND_RATE, ORESUND_YEARS, OPEN_DAYS_2000 = 0.035, 50, 184
GROWTH = 0.02
"""Of traffic over the Øresund after 2010, a year: our reading of a medium scenario; 0.01 to 0.03 is the range."""
HOURS_PER_DAY = 24.0


def figures() -> dict[tuple[str, str], float]:
    """Figures by table and quantity, in the units of ``data/published_results.csv``."""
    flows = tables.published_appraisals().set_index(["appraisal", "flow", "year"])["value"].sort_index()
    return _bank(flows) | _oresund() | _chirundu(flows) | _kazungula(flows) | _railway(flows)


def _bank(flows: pd.Series) -> dict[tuple[str, str], float]:
    project = flows.loc["viet_nam_transmission"]
    appraised = cash_flow.Appraisal(
        2007, RATE, project.loc["benefits"].to_numpy(float)[None, :], project.loc["costs"].to_numpy(float)[None, :]
    )
    found = {
        (TRANSMISSION, "economic net present value at 12 %"): float(appraised.npv[0]) / (1.0 + RATE),
        (TRANSMISSION, "economic internal rate of return"): 100.0 * float(appraised.eirr[0]),
    }
    for kind in ("non-incremental", "incremental"):
        values = flows.loc["course_example", f"{kind} benefits"].to_numpy(float)
        worth = float(cash_flow.present_value(values, RATE)[0]) / (1.0 + RATE)
        found[COURSE, f"present value of {kind} benefits at 12 %"] = worth
    return found


def oresund(growth: float = GROWTH) -> cash_flow.Appraisal:
    """The Øresund Bridge over 50 years in million euro of 2000, traffic growing by ``growth`` a year after 2010."""
    flows = tables.published_appraisals().set_index(["appraisal", "flow", "year"])["value"].sort_index()
    return _bridge(flows.loc["oresund_bridge"], growth)


def _bridge(project: pd.Series, growth: float) -> cash_flow.Appraisal:
    counted = project.loc["vehicles a day"].to_numpy(float)
    days = np.full(counted.size, users.DAYS_PER_YEAR)
    days[0] = OPEN_DAYS_2000
    later = counted[-1] * users.DAYS_PER_YEAR * (1.0 + growth) ** np.arange(1, ORESUND_YEARS - counted.size + 1)
    euro_per_vehicle = (
        float(project["user gains to 2010", 2000])
        / cash_flow.present_value(counted * days, ORESUND_RATE)[0]
    )
    costs = np.zeros(ORESUND_YEARS)
    costs[0] = float(project["construction cost", 2000])
    return cash_flow.Appraisal(
        2000,
        ORESUND_RATE,
        euro_per_vehicle * np.concatenate([counted * days, later])[None, :],
        costs[None, :],
    )


def _oresund() -> dict[tuple[str, str], float]:
    found = oresund()
    return {
        (ORESUND, "benefit-cost ratio over 50 years at 3.5 %"): float(found.bcr[0]),
        (ORESUND, "internal rate of return"): 100.0 * float(found.eirr[0]),
    }


def _chirundu(flows: pd.Series) -> dict[tuple[str, str], float]:
    post = flows.loc["chirundu_post"].droplevel("year")
    trucks, saved = np.array([post["trucks a day"]]), np.array([post["hours before"] - post["hours after"]])
    gain = users.crossing_gains(
        trucks,
        trucks,
        saved,
        np.array([post["dollars a truck and day"] / HOURS_PER_DAY]),
        np.zeros(1),
    )
    return {(CHIRUNDU, "costs saved a year"): float(gain[0])}


def _kazungula(flows: pd.Series) -> dict[tuple[str, str], float]:
    bridge = flows.loc["kazungula_bridge"].droplevel("year")
    building, running = int(bridge["years of construction"]), int(bridge["years of revenue"])
    found = {}
    for tolls in ("low", "high"):
        spent = np.full(building, -bridge["cost of bridge and border posts"] / building)
        earned = np.full(running, bridge[f"revenue at {tolls} tolls"] / running)
        found[KAZUNGULA, f"financial rate of return at {tolls} tolls"] = 100.0 * float(
            cash_flow.internal_rate(np.concatenate([spent, earned]))[0]
        )
    return found


def _railway(flows: pd.Series) -> dict[tuple[str, str], float]:
    line = flows.loc["eu_railway_line"].droplevel("year")
    found = {}
    for who in ("passengers", "freight"):
        for option in ("option 1", "option 2"):
            gains = [
                users.rule_of_half(
                    np.array(line[f"{who} by {way} before"]),
                    np.array(line[f"{who} by {way} {option}"]),
                    np.array(line[f"euro spared by {way}: {who} {option}"]),
                )
                for way in ("rail", "road")
            ]
            found[RAILWAY, f"users' gain in the opening year, {who}, {option}"] = float(sum(gains))
    return found
