"""The tables and the summary of a study's appraisal; columns as in :mod:`corridors.study.result`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.appraisal.cash_flow import internal_rate
from corridors.data import names
from corridors.data import tables as data
from corridors.study import worth_measures
from corridors.study.result import plain
from corridors.study.worth import OTHER_RATES_PERCENT, Worth, emission_intensities
from corridors.study.worth_columns import REST_OF_WORLD
from corridors.study.worth_rests import rests_on
from corridors.uncertainty.expansion import variance_shares

Array = npt.NDArray[np.float64]

KINDS = {
    "time": "Time of goods", "reliability": "Hours at borders that can be relied on",
    "vehicles": "Trucks and drivers that need not stand",
    "money": "Freight and fees", "choice": "New ways, and more to choose from", "new_trade": "Trade that comes, or is given up rather than paid for",
    "other_trucks": "Trucks of no known pair",
    "other": "Direct flights",
}  # fmt: skip
_MEANS = ("mean", "p10", "p50", "p90")


def spread(values: Array) -> dict[str, float]:
    """Mean and 80 % band over the draws: ``mean``, ``p10``, ``p50``, ``p90``."""
    low, mid, high = (
        np.percentile(values, [10, 50, 90], method="closest_observation")
        if np.isinf(values).any()
        else np.percentile(values, [10, 50, 90])
    )
    return {"mean": float(np.mean(values)), "p10": float(low), "p50": float(mid), "p90": float(high)}


def _columns(name: str, values: Array) -> dict[str, float]:
    return {f"{name}_{k}": v for k, v in spread(values).items()}


def tables(worth: Worth) -> dict[str, pd.DataFrame]:
    """worth, worth_by_economy, worth_by_kind, worth_by_crossing, worth_by_year, worth_rates,
    worth_doubts, measure_costs, worth_by_measure, carbon, second_ways, priorities."""
    return {
        "worth": _headline(worth),
        "worth_by_economy": _by_economy(worth),
        "worth_by_kind": pd.DataFrame(
            [(k, KINDS[k], v) for k, v in worth.by_kind.items()], columns=["kind", "name", "musd"]
        ),
        "worth_by_crossing": _by_crossing(worth),
        "worth_by_year": _by_year(worth),
        "worth_rates": _rates(worth),
        "worth_doubts": _doubts(worth),
        "measure_costs": _costs(worth),
        "worth_by_measure": worth_measures.by_measure(worth),
        "carbon": _carbon(worth),
        "second_ways": _named(worth, worth.second_ways, "crossing"),
        "priorities": _named(worth, worth.priorities, "place"),
    }


def _headline(worth: Worth) -> pd.DataFrame:
    """One row a quantity, a year in the last year of the horizon unless it says otherwise."""
    study, users = worth.study, worth.users
    own = users.of_pair(study.pair)
    rows: list[tuple[str, str, str, Array]] = [
        ("users", "Everybody who ships", "million dollars a year", users.total),
        ("users_pair", "of these the study's pair", "million dollars a year", own),
        (
            "users_other_pairs",
            "of these other pairs",
            "million dollars a year",
            users.by_pair.sum(axis=1) - own,
        ),
        (
            "users_other_trucks",
            "of these trucks of no known pair",
            "million dollars a year",
            users.other_trucks.sum(axis=1),
        ),
        (
            "users_new_trade",
            "of all: on trade that comes, or is given up rather than paid for",
            "million dollars a year",
            users.new.sum(axis=1),
        ),
        ("fees", "Treasuries: fees at crossings", "million dollars a year", worth.fees.sum(axis=1)),
        ("co2", "Greenhouse gases", "kilotonnes of CO2e a year", worth.co2_kt),
        (
            "co2_cost",
            "Greenhouse gases at their price",
            "million dollars a year",
            worth.co2_kt * worth.carbon_usd_per_t / 1e3,
        ),
        ("benefits", "Benefits, all together", "million dollars a year", worth.benefits_last),
        ("real_income", "Real income of the world", "million dollars a year", worth.income.total),
        ("costs", "Costs, present value", "million dollars", worth.appraisal.present_costs),
        ("npv", "Net present value", "million dollars", worth.appraisal.npv),
    ]
    return pd.DataFrame([{"item": i, "name": name, "unit": unit, **spread(values)} for i, name, unit, values in rows])


def _by_economy(worth: Worth) -> pd.DataFrame:
    """Users' gains (half to each end), goods sent and received in full, fees, real income; the largest first."""
    users, ends = worth.users.by_economy, worth.users.by_end()
    zero = np.zeros(worth.study.draws)
    fees: dict[str, Array] = {}
    for x, sides in enumerate(worth.users.crossings):
        for economy in sides:
            fees[economy] = fees.get(economy, zero) + 0.5 * worth.fees[:, x]
    position = {name: i for i, name in enumerate(worth.income.labels)}
    rows = []
    for economy in dict.fromkeys([*worth.study.pair, *sorted(users)]):
        sent, received = ends.get(economy, (zero, zero))
        here = economy in position
        gained = worth.income.income[:, position[economy]] if here else zero
        terms = gained - worth.income.users[:, position[economy]] if here else zero
        rows.append(
            {
                "economy": economy,
                **_columns("users_musd", users.get(economy, zero)),
                "sent_musd": float(sent.mean()),
                "received_musd": float(received.mean()),
                "fees_musd": float(fees.get(economy, zero).mean()),
                **_columns("real_income_musd", gained),
                "terms_of_trade_musd": float(terms.mean()),
            }
        )
    frame = pd.DataFrame(rows)
    named = set(frame["economy"])
    others = [i for name, i in position.items() if name not in named]
    rest = worth.income.income[:, others].sum(axis=1)
    frame.loc[len(frame)] = {
        "economy": REST_OF_WORLD, **_columns("users_musd", zero), "sent_musd": 0.0,
        "received_musd": 0.0, "fees_musd": 0.0,
        **_columns("real_income_musd", rest),
        "terms_of_trade_musd": float(worth.income.terms_of_trade[:, others].sum(axis=1).mean()),
    }  # fmt: skip
    last = frame["economy"] == REST_OF_WORLD
    return (
        frame.assign(last=last)
        .sort_values(
            ["last", "users_musd_mean", "economy"], ascending=[True, False, True], ignore_index=True
        )
        .drop(columns="last")
    )


def _by_crossing(worth: Worth) -> pd.DataFrame:
    """Trucks, hours saved and what that is worth to all who pass, by the rule of half; the largest first. Crossings that open or
    shut for longer are left out: hours do not tell what that is worth."""
    change, system = worth.study.change, worth.system
    columns = [
        "crossing",
        "name",
        "trucks_before",
        "trucks_after",
        "hours_saved",
        *(f"gain_musd_{m}" for m in _MEANS),
        "fees_musd",
    ]
    if system is None or change.before is None or change.after is None:
        return pd.DataFrame(columns=columns)
    before, after, gains = change.before, change.after, worth.crossing_gains
    rows = [
        {
            "crossing": name,
            "name": system.network.places[name],
            "trucks_before": float(before.crossing_load_trucks_per_day[:, x].mean()),
            "trucks_after": float(after.crossing_load_trucks_per_day[:, x].mean()),
            "hours_saved": float((before.crossing_hours[:, x] - after.crossing_hours[:, x]).mean()),
            **_columns("gain_musd", gains[:, x]),
            "fees_musd": float(worth.fees[:, x].mean()),
        }
        for x, name in enumerate(system.crossings)
        if np.allclose(before.open_share[:, x], after.open_share[:, x], rtol=0.0, atol=1e-9)
    ]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values(["gain_musd_mean", "crossing"], ascending=[False, True], ignore_index=True)


def _by_year(worth: Worth) -> pd.DataFrame:
    """Benefits and costs by year over the measures' lives, and the present value of what has come in by then."""
    flows = worth.appraisal
    net = flows.net_until
    return pd.DataFrame(
        [
            {
                "year": year,
                **_columns("benefits_musd", flows.benefits[:, t]),
                "costs_musd_mean": float(flows.costs[:, t].mean()),
                **_columns("net_present_musd", net[:, t]),
            }
            for t, year in enumerate(flows.years)
        ]
    )


def _rates(worth: Worth) -> pd.DataFrame:
    """Net present value, benefit-cost ratio, rate of return and chances at the scenario's rate and at two others."""
    rows = []
    for percent in sorted({worth.discount_percent, *OTHER_RATES_PERCENT}):
        flows = worth.appraisal.at(percent / 100.0)
        rows.append(
            {
                "rate_percent": percent,
                "chosen": percent == worth.discount_percent,
                **_columns("npv_musd", flows.npv),
                "bcr": _ratio(flows.present_benefits.mean(), flows.present_costs.mean()),
                "probability_npv_positive": float((flows.npv > 0.0).mean()),
            }
        )
    return pd.DataFrame(rows)


def _doubts(worth: Worth) -> pd.DataFrame:
    """Uncertain quantities by their share of the variance of the net present value, alone, the largest first."""
    share = variance_shares(worth.study.params, worth.appraisal.npv).shares["first_order"]
    meaning = data.parameters().set_index("parameter")["meaning"]
    rows = [(name, str(meaning[name]), float(value)) for name, value in share.items() if value > 0.0]
    frame = pd.DataFrame(rows, columns=["parameter", "meaning", "share"])
    return frame.sort_values(["share", "parameter"], ascending=[False, True], ignore_index=True)


def _ratio(gain: float, cost: float) -> float:
    return float(gain / cost) if cost > 0.0 else math.nan


def _costs(worth: Worth) -> pd.DataFrame:
    columns = [
        "measure", "kind", "item", "units", "unit", "capital_low_musd", "capital_musd",
        "capital_high_musd", "yearly_musd", "life_years", "works_low_years", "works_years",
        "works_high_years", "start", "stated",
        "counted", "payer", "note", "source_url",
    ]  # fmt: skip
    rows = [
        (
            c.measure, c.kind, c.item, c.units, c.unit, *c.capital_musd, c.yearly_musd[1],
            c.life_years, *c.works_years, c.start, c.stated, c.counted, c.payer, c.note,
            c.source_url,
        )
        for c in worth.costs
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _carbon(worth: Worth) -> pd.DataFrame:
    rates = emission_intensities()
    rows = [(mode, rates[mode], *kt, kt[1] - kt[0]) for mode, kt in worth.co2_by_mode.items()]
    return pd.DataFrame(rows, columns=["mode", "kg_per_t_km", "kt_before", "kt_after", "change_kt"])


def _named(worth: Worth, frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """With a column ``name`` of places as people read them."""
    def name(place: object) -> str:
        known = worth.system.network.places if worth.system is not None else {}
        return (
            str(known[str(place)])
            if str(place) in known
            else " to ".join(names.short_name(p) for p in str(place).split("-"))
        )

    out = frame.copy()
    out.insert(1 if column == "crossing" else 2, "name", [name(p) for p in frame[column]])
    return out


def costs_note(worth: Worth) -> str:
    """Where the costs are from, in words."""
    if not worth.costs:
        return "no measures, no costs"
    told = []
    usual = [c.measure for c in worth.costs if not c.stated and c.counted]
    if usual:
        told.append(f"typical costs (data/measure_costs.csv) for {'; '.join(usual)}")
    in_rate = [c.measure for c in worth.costs if not c.counted and c.item != "unknown"]
    if in_rate:
        told.append(f"paid by shippers in the rate and not added for {'; '.join(in_rate)}")
    unknown = [c.measure for c in worth.costs if c.item == "unknown" and not c.stated]
    if unknown:
        told.append(f"not known for {'; '.join(unknown)}")
    if any(c.stated for c in worth.costs):
        told.append("as stated in the scenario for the rest" if told else "as stated in the scenario")
    return ", ".join(told)


def summary(worth: Worth) -> dict[str, Any]:
    """The object ``appraisal`` of ``corridors run --json``."""
    flows = worth.appraisal
    by_economy = {economy: spread(gain) for economy, gain in worth.users.by_economy.items()}
    by_economy[REST_OF_WORLD] = spread(np.zeros(worth.study.draws))
    typical = [c for c in worth.costs if not c.stated]
    eirr = 100.0 * flows.eirr
    mean_rate = 100.0 * float(internal_rate((flows.benefits - flows.costs).mean(axis=0))[0])
    cost = flows.present_costs
    found: dict[str, Any] = {
        "year": worth.study.last,
        "discount_percent": worth.discount_percent,
        "carbon_usd_per_t": worth.carbon_usd_per_t,
        "base_year": worth.study.years[0],
        "first_year": flows.first_year,
        "last_year": flows.years[-1],
        "user_benefits_musd": spread(worth.users.total),
        "user_benefits_by_economy_musd": by_economy,
        "user_benefits_pair_musd": spread(worth.users.of_pair(worth.study.pair)),
        "real_income_musd": spread(worth.income.total),
        "fees_musd": spread(worth.fees.sum(axis=1)),
        "co2_kt": spread(worth.co2_kt),
        "costs_musd": spread(cost),
        "costs_typical": bool(typical),
        "costs_note": costs_note(worth),
        "npv_musd": spread(flows.npv),
        "bcr": {**spread(flows.bcr), "mean": _ratio(flows.present_benefits.mean(), cost.mean())},
        "eirr_percent": {
            **(
                spread(eirr)
                if np.isfinite(eirr).any() or np.isinf(eirr).any()
                else dict.fromkeys(_MEANS, math.nan)
            ),
            "mean": mean_rate,
        },
        "share_without_eirr": float((~np.isfinite(eirr) | (eirr <= -100.0)).mean()),
        "probability_npv_positive": float((flows.npv > 0.0).mean()),
        "npv_at_musd": {
            f"{percent:g}": spread(flows.at(percent / 100.0).npv) for percent in OTHER_RATES_PERCENT
        },
        "switching": flows.switching(),
        "rests_on": rests_on(worth),
        "works": worth_measures.works(worth),
    }
    # What is not finite (a rate of return where nobody is out of pocket) has no number.
    cleaned: dict[str, Any] = plain(found)
    return cleaned
