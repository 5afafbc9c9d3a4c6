"""Present values and rates of return of published appraisals, from their own flows by the functions of our appraisal.

Two publications of the Asian Development Bank print flows by year and what follows from them. They test the arithmetic
of :mod:`corridors.appraisal.cash_flow`, not the benefits: neither is of a corridor (docs/tried.md says which of those
were looked for). The bank discounts the first year once; here the first year counts in full, so present values here
are over ``1 + rate`` to compare.
"""

from __future__ import annotations

from corridors.appraisal import cash_flow
from corridors.data import tables

TRANSMISSION = "Table 9.18: power transmission, Viet Nam"
COURSE = "Session 2.4: sample calculation 1"
RATE = 0.12


def figures() -> dict[tuple[str, str], float]:
    """Figures by table and quantity, in the units of ``data/published_results.csv``."""
    flows = tables.published_appraisals().set_index(["appraisal", "flow", "year"])["value"].sort_index()
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
