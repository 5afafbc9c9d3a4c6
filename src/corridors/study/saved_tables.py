"""Tables as declared with a summary: what the validation and the background have in common, saved and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import pandas as pd

from corridors.data.table_schema import TableSchema, check
from corridors.errors import DataError
from corridors.study.result import plain


@dataclass(frozen=True)
class SavedTables:
    """``tables`` by name, each as ``declared`` says, and the ``summary`` that ``result.json`` states.

    Raises DataError for tables that are not as declared.
    """

    tables: Mapping[str, pd.DataFrame]
    summary: Mapping[str, Any]

    whose: ClassVar[str]
    """What it is, in errors and in the name of the file of its summary."""
    declared: ClassVar[Mapping[str, TableSchema]]
    title: ClassVar[str]
    """What it is of, in a line."""

    def __post_init__(self) -> None:
        check(self.tables, self.declared, self.whose)

    @property
    def schemas(self) -> Mapping[str, TableSchema]:
        """What the columns of each table are."""
        return self.declared

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.tables[table]

    def json(self) -> str:
        """The summary as JSON text."""
        return json.dumps(plain(dict(self.summary)), indent=1, ensure_ascii=False) + "\n"

    def files(self) -> dict[str, bytes]:
        """Each table as parquet, and the summary."""
        out = {f"{name}.parquet": frame.to_parquet(index=False) for name, frame in self.tables.items()}
        out[f"{self.whose}.json"] = self.json().encode()
        return out

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read back what :meth:`files` wrote into ``folder``."""
        folder = Path(folder)
        try:
            summary = json.loads((folder / f"{cls.whose}.json").read_text(encoding="utf-8"))
            tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in cls.declared}
        except (OSError, ValueError) as error:
            raise DataError(f"{folder}: not a complete saved {cls.whose} ({error})") from error
        return cls(tables, summary)
