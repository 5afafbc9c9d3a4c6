"""A notebook with blocks of every kind, as if executed, for tests of the page and of the PDF."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
import nbformat  # noqa: E402
import pandas as pd  # noqa: E402
from nbformat import NotebookNode  # noqa: E402

from corridors.show.blocks import (
    Block,
    Column,
    Cover,
    Figure,
    KeyFigure,
    KeyFigures,
    Prose,
    group,
    table,
)
from corridors.show.theme import LIGHT  # noqa: E402

HOSTILE = "<script>alert(1)</script> #let x = 1; $x^2$ \\ *a* _b_ `c` @d <e> [f] & \"g\" 'h' %"
ABOUT = {"title": "Border crossings take 800 trucks a day", "folder": "capacity-800", "stem": "report", "date": "2026-02-13", "formats": ["html", "pdf"]}


def chart(label: str = "Scenario") -> str:
    """An SVG as matplotlib writes it, with text, a clip path and the theme's colours."""
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": "sample", "font.size": 9, "figure.facecolor": LIGHT["paper"], "axes.facecolor": LIGHT["paper"],
                         "text.color": LIGHT["ink"], "axes.labelcolor": LIGHT["muted"], "xtick.color": LIGHT["muted"], "ytick.color": LIGHT["muted"], "axes.edgecolor": LIGHT["line"]}):  # fmt: skip
        figure, axes = plt.subplots(figsize=(6.7, 3.1))
        years = list(range(2026, 2036))
        middle = [1.2 + 0.06 * k for k in range(10)]
        more = [m + 0.02 * k for k, m in enumerate(middle)]
        axes.fill_between(years, [m * (1 - 0.02 * k) for k, m in enumerate(more)], [m * (1 + 0.03 * k) for k, m in enumerate(more)], color=LIGHT["scenario"], alpha=0.18, lw=0)
        axes.plot(years, middle, color=LIGHT["baseline"], lw=2)
        axes.plot(years, more, color=LIGHT["scenario"], lw=2)
        axes.text(2035, more[-1], f" {label}", color=LIGHT["scenario"], va="center", weight="bold", parse_math=False)
        axes.text(2035, middle[-1], " Baseline", color=LIGHT["baseline"], va="center")
        axes.spines[["top", "right"]].set_visible(False)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
        plt.close(figure)
    return out.getvalue()


def numbers(rows: int = 10):
    """A table of years, as people read them."""
    columns = [Column("Year"), Column("Baseline", "$ million", "right"), Column("Scenario", "$ million", "right"), Column("80 % range", "$ million", "right")]
    return table(
        "Two-way trade, baseline and scenario", columns,
        [[str(2026 + k), f"{1203 + 61 * k:,}", f"{1203 + 83 * k:,}", f"{1100 + 70 * k:,} to {1350 + 110 * k:,}"] for k in range(rows)],
        source="State Bank of Pakistan; Federal Customs Service of Russia; own calculation.", note="In dollars of 2023.",
    )  # fmt: skip


def blocks(text: str = "") -> list[Block]:
    """The blocks of the sample; ``text`` is put into every place that takes text."""
    return [
        Cover("Scenario report · Pakistan and Russia", f"Border crossings take 800 trucks a day {text}".strip(), f"What it would do to trade, to queues and to the rest of the region, 2026 to 2035. {text}".strip(),
              (("Pair", "Pakistan and Russia"), ("Years", "2026–2035"), ("Draws", "4,096"), ("Data as of", "13 February 2026"))),
        Prose((f"Two-way trade in 2035 would be 12 % higher than without the change, with an 80 % range from 4 % to 22 %. {text}".strip(), "The queue at Taftan is what holds trucks today: at 640 trucks a day they wait 31 hours."), "lead"),
        KeyFigures((KeyFigure("Two-way trade, 2035", f"+12 % {text}".strip(), "80 % range 4 % to 22 %"), KeyFigure("In dollars", "$1.95 billion", "baseline: $1.75 billion"), KeyFigure("Wait at Taftan", "9 hours", "31 hours today"), KeyFigure("Door to door", "18 days", "23 days today"))),
        Figure(chart(text or "Scenario"), f"Trade rises faster once the crossings take 800 trucks {text}".strip(), f"Line chart: baseline rises from $1.2 billion to $1.7 billion, the scenario to $1.95 billion. {text}".strip(), "Own calculation from the State Bank of Pakistan.", numbers()),
        group(Prose((f"A plain paragraph with 640 trucks a day. {text}".strip(), "And a second one.")), numbers(40)),
        Prose((f"First finding. {text}".strip(), "Second finding, a longer one that runs over the end of a line so that one sees how it is set on the page and on paper."), bullets=True),
        Prose(("The estimate assumes that crossings stay open all year.",), "caveat"),
        Prose(("Fiscal years run from July to June.",), "note"),
        Figure(chart(), "The same chart again, at half width", "Line chart as above.", "Own calculation.", None, "half"),
    ]  # fmt: skip


def notebook(shown: Iterable[Block], *, headings: Iterable[str] = ("## What changes\n\nText with *emphasis*, **strong words**, `code` and a [link](https://example.org/a).", "### Below\n\n1. one\n2. two\n\n> A quotation.\n\n| What | Value |\n|---|--:|\n| Lanes | 8 |", "## How sure we are", "## What it leaves out", "## Method")) -> NotebookNode:  # fmt: skip
    """A notebook whose cells returned these blocks, one a cell, with text cells between them after the fourth."""
    cells = [nbformat.v4.new_markdown_cell("# A scenario\n\nFor those who open the notebook.", metadata={"tags": ["notebook-only"]})]
    cells.append(nbformat.v4.new_code_cell("scenario = 'capacity-800'", metadata={"tags": ["parameters"]}))
    texts = list(headings)
    for number, block in enumerate(shown):
        if number >= 4 and texts:
            cells.append(nbformat.v4.new_markdown_cell(texts.pop(0)))
        shown_output = nbformat.v4.new_output("execute_result", data=block._repr_mimebundle_(), execution_count=1)
        streams = [nbformat.v4.new_output("stream", name="stderr", text="SECRET_STREAM warning\n"), nbformat.v4.new_output("stream", name="stdout", text="SECRET_STREAM printed\n")]
        cells.append(nbformat.v4.new_code_cell("SECRET_CODE = 1", outputs=[*streams, shown_output], execution_count=1))
    made = nbformat.v4.new_notebook(cells=cells)
    for number, cell in enumerate(made.cells):
        cell["id"] = f"cell-{number:03d}"
    return nbformat.from_dict(nbformat.reads(nbformat.writes(made), as_version=4))


SCENARIOS: dict[str, tuple[tuple[str, str], tuple[float, float, float]]] = {
    "baseline": (("PAK", "RUS"), (0.0, 0.0, 0.0)),
    "capacity-800": (("PAK", "RUS"), (-1.0, 2.5, 9.0)),
    "full-connectivity": (("PAK", "RUS"), (4.0, 12.0, 22.0)),
    "nothing": (("PAK", "RUS"), (0.0, 0.0, 0.001)),
    "trans-afghan": (("PAK", "UZB"), (-6.0, -3.0, -1.0)),
}
"""Scenarios of the front page's tests: pair, effect in percent (p10, p50, p90)."""
_NAMES = {"PAK": "Pakistan", "RUS": "Russia", "UZB": "Uzbekistan"}


def saved_results(folder: Path) -> list[dict[str, Any]]:
    """The part of saved results that the front page reads, in ``folder``; returns the entries of a build."""
    entries = []
    for name, (pair, effect) in SCENARIOS.items():
        (folder / name).mkdir(parents=True)
        head = {
            "scenario": {"name": name, "title": f"Scenario {name}", "summary": f"What {name} is.", "measures": [] if name == "baseline" else [{"kind": "road"}]},
            "pair": pair, "years": [2026, 2030, 2035], "draws": 64, "seed": 1, "facts": {"names": [_NAMES[p] for p in pair]},
        }  # fmt: skip
        (folder / name / "study.json").write_text(json.dumps(head))
        low, mid, high = effect
        pd.DataFrame([{"year": 2035, "flow": "total", "unit": "percent", "p10": low, "p50": mid, "p90": high}]).to_parquet(folder / name / "effect.parquet")
        rows = []
        for case, (a, b, c) in {"baseline": (0.0, 0.0, 0.0), "scenario": effect}.items():
            for year, level in ((2026, 1000.0), (2030, 1200.0), (2035, 1400.0)):
                rows.append({"year": year, "flow": "total", "case": case, "p10": level * 0.8 * (1 + a / 100), "p50": level * (1 + b / 100), "p90": level * 1.4 * (1 + c / 100)})
        pd.DataFrame(rows).to_parquet(folder / name / "projection.parquet")
        entries.append({"folder": name, "title": f"Scenario {name}", "stem": "report", "formats": ["html", "pdf"], "reads": [name], "date": "2026-02-13"})
    names = list(SCENARIOS)
    other = {"formats": ["html", "pdf"], "date": "2026-02-13"}
    entries.append({"folder": "comparison", "title": "The scenarios side by side", "stem": "brief", "reads": names, **other})
    entries.append({"folder": "validation", "title": "Is the model right?", "stem": "report", "reads": ["validation"], **other})
    entries.append({"folder": "background/01_trade_profile", "title": "Trade profile", "stem": "report", "reads": ["baseline"], **other})
    return entries
