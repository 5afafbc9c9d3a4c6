"""Write the list of tables in docs/data.md from data/datapackage.json: ``python docs/write_data_page.py``."""

from __future__ import annotations

from pathlib import Path

from corridors.data import origins, package
from corridors.data import tables as data

PAGE = Path(__file__).with_name("data.md")
BEGIN, END = "<!-- tables: written by docs/write_data_page.py -->", "<!-- end of tables -->"


def tables() -> str:
    """One section a table: what it is, its source and licence, and what each column means."""
    parts = [honesty()]
    for resource in package.resources().values():
        d = resource.descriptor
        rows = f"{len(data.table(resource.name)):,} rows" if resource.is_table else "a file"
        own = origins.estimates(resource.name) if resource.is_table else None
        marked = f" {own} of them {'is a project estimate' if own == 1 else 'are project estimates'}." if own else ""
        parts.append(f"### `{resource.name}`\n\n{resource.title}: `data/{d['path']}`, {rows}.{marked} {d.get('description', '')}\n")
        for source in resource.sources:
            title = f"[{source.title}]({source.path})" if source.path else source.title
            parts.append(f"- Source: {title}; licence: {source.licence or 'as stated there'}; accessed {source.accessed}.")
        if resource.fields:
            parts.append("\n| column | type | unit | meaning |\n|---|---|---|---|")
            parts += [f"| `{f.name}` | {f.type} | {f.unit} | {f.description.replace('|', '/')} |" for f in resource.fields]
        parts.append("")
    return "\n".join(parts)


def honesty() -> str:
    """How many rows are the project's own estimates, and in which tables."""
    counts = origins.by_table()
    names = ", ".join(f"`{name}` ({n})" for name, n in counts.items())
    return (
        f"In tables that name their source row by row, {sum(counts.values())} rows are estimates of this project and say so in "
        f'`source_url` ("{origins.ESTIMATE}"): {names}. Every other row of `data/world` has the address of its source, or its table says where it is from.\n'
    )


def main() -> None:
    """Replace what stands between the two marks."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{tables()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
