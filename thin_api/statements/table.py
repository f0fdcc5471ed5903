"""CSV files as they come: byte order marks, encodings, delimiters, lines that are broken."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TextIO

DELIMITERS = ",;\t|"
LONGEST_FIRST_LINE = 100_000


class StatementError(Exception):
    """The file as a whole cannot be read as a statement; says what to do."""


@dataclass
class Table:
    """A file of records. `columns` are the first record's names in plain form."""

    text: TextIO
    raw: BinaryIO
    reader: Iterator[list[str]]
    first: list[str]
    first_line: int = 1
    columns: list[str] = field(default_factory=list)

    def position(self) -> int:
        """How many bytes were read."""
        return self.raw.tell()

    def records(self) -> Iterator[tuple[int, list[str] | None]]:
        """Yield line and cells of each further record; None for one that is no CSV."""
        while True:
            try:
                cells = next(self.reader)
            except StopIteration:
                return
            except csv.Error:
                yield self.line, None
                continue
            if cells:  # an empty line is no record
                yield self.line, cells

    @property
    def line(self) -> int:
        """The line that was read last."""
        return int(getattr(self.reader, "line_num", 0))

    def named(self) -> Iterator[tuple[int, dict[str, str] | None]]:
        """Yield line and cells by column; None for a record with another number of cells."""
        for line, cells in self.records():
            if cells is None or len(cells) != len(self.columns):
                yield line, None
            else:
                yield (
                    line,
                    {name: cell.strip() for name, cell in zip(self.columns, cells, strict=True)},
                )

    def require(self, *alternatives: tuple[str, ...]) -> None:
        """Raise StatementError where of one of the groups no column is there."""
        for names in alternatives:
            if not set(names) & set(self.columns):
                raise StatementError(f"the file has no column {' or '.join(names)}")


def plain(name: str) -> str:
    """Return a column's name in plain form: `Created (UTC)` is created_utc."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Open a file; the first record is read. Raises StatementError for an empty or binary one."""
    with path.open("rb") as raw:
        start = raw.read(4)
        raw.seek(0)
        utf16 = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        if (b"\x00" in start and not utf16) or start.startswith(b"PK\x03\x04"):
            raise StatementError("this is no text: export it as CSV (and unpack it)")
        # A cell that is no UTF-8 shows as U+FFFD: it matters only in a column that is needed, and
        # there it is no id and no amount.
        text = io.TextIOWrapper(
            raw, "utf-16" if utf16 else "utf-8-sig", errors="replace", newline=""
        )
        first_line = text.readline()
        while first_line and not first_line.strip():
            first_line = text.readline()
        if not first_line:
            raise StatementError("the file is empty")
        if len(first_line) > LONGEST_FIRST_LINE:
            raise StatementError("the first line is too long for one of column names")
        text.seek(0)
        delimiter = max(DELIMITERS, key=lambda mark: len(_split(first_line, mark)))
        reader = csv.reader(_lines(text), delimiter=delimiter)
        table = Table(text, raw, reader, [])
        for _, cells in table.records():
            if cells is not None:
                table.first = [cell.strip() for cell in cells]
                table.columns = [plain(cell) for cell in table.first]
                break
        yield table


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _lines(text: TextIO) -> Iterator[str]:
    """Yield lines as the csv module wants them: it finds the ends inside quotes itself."""
    while line := text.readline():
        yield line
