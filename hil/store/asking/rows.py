"""RowTable of an answer, as the database gave them; a DataFrame where somebody wants one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_TIMES = ("proposed_at", "finished_at", "created_at", "at")


@dataclass(frozen=True, slots=True)
class RowTable:
    """RowTable with their columns' names.

    Parameters
    ----------
    names
        Of the columns.
    rows
        One tuple a row.
    n_known
        How many of the columns, the first ones, are there whatever the rows are; the others are
        settings.
    """

    names: list[str]
    rows: list[tuple[Any, ...]]
    n_known: int

    def column(self, name: str) -> list[Any]:
        """Give the values of a column."""
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    def with_column(self, name: str, values: list[Any], after: str) -> RowTable:
        """Give the same rows with one more column."""
        place = self.names.index(after) + 1
        names = [*self.names[:place], name, *self.names[place:]]
        rows = [
            (*row[:place], value, *row[place:])
            for row, value in zip(self.rows, values, strict=True)
        ]
        return RowTable(names, rows, self.n_known + 1)

    def frame(self) -> pd.DataFrame:
        """Give them as a DataFrame; times have their type also where there are none."""
        import pandas as pd

        known = [row[: self.n_known] for row in self.rows]
        frame = pd.DataFrame.from_records(known, columns=self.names[: self.n_known])
        for name in self.names[: self.n_known]:
            if name in _TIMES:
                # Also where there are no rows, or none with a time: the type does not depend on it.
                frame[name] = pd.to_datetime(frame[name], utc=True)
        # All columns at once: inserting them one by one fragments the frame.
        settings = pd.DataFrame(
            {
                name: [row[place] for row in self.rows]
                for place, name in enumerate(self.names[self.n_known :], self.n_known)
            },
            index=frame.index,
        )
        return pd.concat([frame, settings], axis=1)
