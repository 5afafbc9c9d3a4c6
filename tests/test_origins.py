"""Every row of the world's tables says where it comes from, or that nobody checked it; the page of the data says how many."""

from __future__ import annotations

import pandas as pd
import pytest

from corridors.data import origins, package, tables
from corridors.runtime import paths

WORLD = [r for r in package.resources().values() if r.is_table and str(r.descriptor["path"]).startswith("world/")]
OWN = ("own calculation", "own fit")


@pytest.mark.parametrize("resource", WORLD, ids=[r.name for r in WORLD])
def test_every_row_has_an_address_or_says_it_is_an_estimate(resource: package.Resource) -> None:
    bare = origins.untold(resource.name)
    assert bare.empty, bare.to_string()
    if origins.estimates(resource.name) is None:
        for source in resource.sources:
            assert source.path or origins.ESTIMATE in source.title or source.title.casefold() in OWN, source


def test_a_row_without_address_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    told = ["https://example.org/a", origins.ESTIMATE, "", None, "from memory", "project estimate"]
    monkeypatch.setattr(tables, "table", lambda name: pd.DataFrame({"source_url": told}))
    assert list(origins.untold("any").index) == [2, 3, 4, 5]
    assert origins.estimates("any") == 1
    monkeypatch.setattr(tables, "table", lambda name: pd.DataFrame({"a": [1]}))
    assert origins.estimates("any") is None and origins.untold("any").empty


def test_the_page_says_how_many_are_estimates() -> None:
    page = (paths.root() / "docs" / "data.md").read_text(encoding="utf-8")
    counts = origins.by_table()
    assert counts and f"{sum(counts.values())} rows are estimates of this project" in page
    for name, number in counts.items():
        assert f"`{name}` ({number})" in page
        assert f"{number} of them {'is a project estimate' if number == 1 else 'are project estimates'}." in page.split(f"### `{name}`")[1][:400]
