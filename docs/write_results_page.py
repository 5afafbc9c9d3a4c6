"""Write docs/results.md, what is in a result, from the declarations: ``python docs/write_results_page.py``."""

from __future__ import annotations

from pathlib import Path

from corridors.data.table_schema import TableSchema
from corridors.study import background_tables, result_facts, result_tables, shipment_tables
from corridors.validation import result_tables as validation_tables

PAGE = Path(__file__).with_name("results.md")
INTRODUCTION = """# What is in a result

Written by `docs/write_results_page.py` (`make docs`) from the declarations that every result is checked against when it is made (`src/corridors/study/result_tables.py`, `result_facts.py`, `src/corridors/validation/result_tables.py`, `src/corridors/study/background_tables.py`, `src/corridors/study/shipment_tables.py`); a test keeps it up to date. A report delivers each table that has rows as `tables/NAME.csv`, with this description of its columns beside it as `tables/datapackage.json` (Data Package v2). In Python: `result["routes"]`, `result.facts["base"]`.

"Exports" run from the study's first economy to its second. "Before" is without the scenario's measures, "after" with them, both in the last year. Money is in US dollars of the base year; a share is 0 to 1. A percentile is over the draws. *May be empty* marks a column in which a row may have no value.
"""


def page() -> str:
    """The whole page."""
    facts = "\n".join(f"| `{name}` | {kind} | {meaning} |" for name, (kind, meaning) in result_facts.meanings().items())
    return "\n".join(
        [
            INTRODUCTION,
            "<!-- tables: written by docs/write_results_page.py -->",
            "## Tables of a study\n",
            *(section(name, one) for name, one in result_tables.TABLES.items()),
            "## Facts of a study\n\n| fact | type | what it is |\n|---|---|---|\n" + facts + "\n",
            "## Tables of the validation\n",
            *(section(name, one) for name, one in validation_tables.TABLES.items()),
            "## Tables of the background\n",
            *(section(name, one) for name, one in background_tables.TABLES.items()),
            "## Frames of one shipment\n",
            *(section(name, one) for name, one in shipment_tables.TABLES.items()),
            "<!-- end of tables -->\n",
        ]
    )


def section(name: str, schema: TableSchema) -> str:
    """One table: what a row is, and what each column means."""
    rows = [
        f"| `{f.name}` | {f.type} | {f.unit} | {f.description.replace('|', '/')}{'' if f.required else ' *may be empty*'} |"
        for f in schema.fields
    ]
    return "\n".join([f"### `{name}`\n", f"A row: {schema.title[0].lower()}{schema.title[1:]}.\n", "| column | type | unit | meaning |", "|---|---|---|---|", *rows, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
