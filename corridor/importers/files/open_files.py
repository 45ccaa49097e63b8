"""Open a user's files for streaming: CSV, TSV, gzip, parquet, JSON, workbooks, HTML tables, and zips of them.

No file name becomes part of a query: each file is linked into a scratch folder under a number, so quotes,
wildcards and brackets in names have no effect. Columns and delimiter are read from the first line, so the engine
guesses nothing.
"""

from __future__ import annotations

import csv
import gzip
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from corridor.data.guards.budget import Account, csv_size
from corridor.data.guards.open_file import check_file
from corridor.data.guards.workbooks import fault_of
from corridor.errors import ConfigError, DataError, Fault
from corridor.importers.files.archives import extract
from corridor.importers.files.layouts import from_html, from_json, from_workbook, kind_of
from corridor.importers.files.texts import codec_of, delimiter_of, one_kind, without_titles

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["Opened", "connect", "literal", "open_files", "reading"]

_LONGEST_HEADER = 2**18
_LARGEST = 2**40
_FIX = "give the publisher's file as it was published; --encoding names another encoding"


@dataclass(frozen=True)
class Opened:
    """A table ready to be scanned.

    Parameters
    ----------
    name
        As the user knows it; for a member of an archive ``archive.zip/member.csv``.
    path
        Its link or copy in the scratch folder, named by number.
    columns
        Its columns, in order.
    delimiter
        Separator of cells; empty for parquet.
    packed
        Whether it is compressed with gzip.
    encoding
        Always utf-8.
    twice
        Names, in lower case, that several columns have; all but the first got a number.
    """

    name: str
    path: Path
    columns: tuple[str, ...]
    delimiter: str
    packed: bool
    encoding: str
    twice: frozenset[str] = frozenset()

    def scan(self, types: dict[str, str]) -> str:
        """SQL table function that reads the file.

        Parameters
        ----------
        types
            SQL type of columns; text if not named.

        Returns
        -------
        str
            ``read_csv(...)`` or ``read_parquet(...)``; every text in it is escaped.
        """
        path = literal(str(self.path))
        if not self.delimiter:
            return f"read_parquet({path})"
        kinds = ", ".join(f"{literal(name)}: {literal(types.get(name, 'VARCHAR'))}" for name in self.columns)
        packed = "gzip" if self.packed else "none"
        return (
            f"read_csv({path}, columns={{{kinds}}}, delim={literal(self.delimiter)}, header=true,"
            f" auto_detect=false, quote='\"', escape='\"', compression='{packed}', encoding='{self.encoding}',"
            " store_rejects=true, rejects_limit=100000)"
        )


def literal(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def connect(memory: str = "1500MB") -> Iterator[tuple[DuckDBPyConnection, Path]]:
    """An in-memory DuckDB engine with a memory limit, and a scratch folder for what does not fit.

    Parameters
    ----------
    memory
        Most memory that the engine takes, for example ``"1500MB"``; what does not fit goes to the folder.

    Yields
    ------
    (connection, Path)
        Closed and deleted on exit.

    Raises
    ------
    ConfigError
        `memory` is not an amount of memory.
    DataError
        The engine cannot read a file.
    """
    import duckdb

    scratch = Path(tempfile.mkdtemp(prefix="corridor-import-"))
    connection = duckdb.connect()
    try:
        try:
            connection.execute(f"SET memory_limit={literal(memory)}")
        except duckdb.Error:
            raise ConfigError(f"memory {memory!r}: wanted an amount such as 1500MB or 4GB") from None
        connection.execute(f"SET temp_directory={literal(str(scratch / 'spill'))}")
        connection.execute("SET preserve_insertion_order=false")
        connection.execute("SET enable_progress_bar=false")
        yield connection, scratch
    except duckdb.Error as error:  # parser errors that were not already reported with their line
        found = f"something that cannot be read ({str(error).splitlines()[0][:300]})"
        raise DataError([Fault("the files", "", "", found, "complete tables", _FIX)]) from None
    finally:
        connection.close()
        shutil.rmtree(scratch, ignore_errors=True)


def open_files(
    files: Sequence[str | Path],
    scratch: Path,
    encoding: str = "utf-8",
    want: Callable[[str], bool] | None = None,
) -> list[Opened]:
    """Link or unpack files into a scratch folder and read their first lines.

    Parameters
    ----------
    files
        .csv, .tsv, .txt, .dat, .tab, each also as .gz; .parquet; .json (an array of records, an array of rows with
        the names first, or an object with one of them); a workbook with one table; a page of HTML, also named
        .xls; .zip of text, parquet and JSON. Titles above the header and notes below the rows are left out.
    scratch
        As `connect` gives it.
    encoding
        Of text files, as `texts.codec_of` takes it; UTF-16 is recognised by its first bytes.
    want
        Selects members of an archive to unpack, by name; all tables if None.

    Returns
    -------
    list of Opened

    Raises
    ------
    ConfigError
        No file is given, one is missing, or the encoding is not known.
    DataError
        Lists every file that is empty, broken or not text of that encoding.
    """
    encoding = codec_of(encoding)
    paths = [Path(file) for file in files]
    if not paths:
        raise ConfigError("no file is given: name the publisher's files")
    absent = [str(path) for path in paths if not is_file(path)]
    if absent:
        raise ConfigError(f"no such file: {', '.join(absent)}")
    inner: list[tuple[str, Path]] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            if path.suffix.lower() in (".7z", ".rar", ".tar", ".xz", ".bz2"):
                raise _broken(
                    path.name, "an archive of another kind", "tables, .gz or .zip", fix="unpack it first"
                )
            if path.suffix.lower() == ".zip":
                found = extract(path, scratch, len(inner), want)
                inner += [(f"{path.name}/{name}", where) for name, where in found]
            else:
                inner.append((path.name, _link(path, scratch, len(inner))))
        except DataError as error:
            faults += error.faults
    opened = []
    for name, where in inner:
        try:
            opened.append(_look(name, where, encoding))
        except DataError as error:
            faults += error.faults
    if faults:
        raise DataError(faults)
    return opened


def is_file(path: Path) -> bool:
    """Whether there is a plain file; a name that is too long is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def _link(path: Path, scratch: Path, number: int) -> Path:
    """A link to the file, named by number; a copy if the system allows no link."""
    endings = "".join(path.suffixes[-2:]).lower() if path.suffix.lower() == ".gz" else path.suffix.lower()
    plain = endings if endings.replace(".", "").isalnum() else ""
    target = scratch / f"{number}{plain}"
    try:
        target.symlink_to(path.resolve())
    except OSError:
        try:
            os.link(path, target)
        except OSError:
            shutil.copyfile(path, target)
    return target


def _look(name: str, path: Path, encoding: str) -> Opened:
    if path.suffix == ".parquet":
        return _opened(name, path, _parquet_columns(name, path), "", False)
    packed = path.suffix == ".gz"
    head = _head(name, path, packed)
    kind = "json" if path.suffix == ".json" else kind_of(head)
    if kind in ("pdf", "xml"):
        what = {"pdf": "a PDF", "xml": "XML (SDMX, or a spreadsheet of 2003)"}[kind]
        raise _broken(name, what, "a table", fix="download the data as CSV, or open it and save it as .xlsx")
    if kind and packed:
        raise _broken(name, f"a packed file of another kind ({kind})", "a packed CSV", fix="unpack it first")
    if kind:
        target = path.parent / f"{path.name}.csv"
        if kind == "workbook":
            from_workbook(name, path, target)
        elif kind == "html":
            from_html(name, path, target, encoding)
        else:
            from_json(name, path, target)
        path = target
        head = _head(name, path, False)
    else:
        path, packed = one_kind(name, path, packed, encoding, head)
        head = _head(name, path, packed)
        path, packed = without_titles(path, packed, head.decode("utf-8-sig", errors="replace"))
        head = _head(name, path, packed)
    return _table(name, path, packed, head)


def _table(name: str, path: Path, packed: bool, head: bytes) -> Opened:
    header = _first_line(name, head)
    delimiter = delimiter_of(header)
    cells = next(csv.reader([header], delimiter=delimiter), [])
    columns = [cell.strip() for cell in cells]
    if not any(columns):
        raise _broken(name, "an empty file", "a header and rows")
    # every row ends in a delimiter that the header lacks: Comtrade's web page writes such files
    following = [line for line in head.decode("utf-8-sig", errors="replace").splitlines()[1:3] if line.strip()]
    widths = {len(row) for row in csv.reader(following, delimiter=delimiter)}
    if widths == {len(columns) + 1} and all(line.endswith(delimiter) for line in following):
        columns.append("")
    return _opened(name, path, tuple(columns), delimiter, packed)


def _opened(name: str, path: Path, columns: tuple[str, ...], delimiter: str, packed: bool) -> Opened:
    """A table whose columns have unique names, whatever their case, as SQL needs."""
    unique: list[str] = []
    taken: set[str] = set()
    twice: set[str] = set()
    for position, column in enumerate(columns, 1):
        # a CSV written with its index has one column without a name
        named = column or f"column {position}"
        if named.lower() in taken:
            twice.add(named.lower())
            named = next(
                spelt
                for number in range(2, len(columns) + 3)
                if (spelt := f"{named} ({number})").lower() not in taken
            )
        taken.add(named.lower())
        unique.append(named)
    if twice and not delimiter:
        raise _broken(name, f"columns named twice: {', '.join(sorted(twice))}", "each name once")
    return Opened(name, path, tuple(unique), delimiter, packed, "utf-8", frozenset(twice))


def _head(name: str, path: Path, packed: bool) -> bytes:
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            return file.read(_LONGEST_HEADER)
    except (OSError, EOFError, zlib.error) as error:
        raise _broken(name, f"a file that cannot be read ({str(error)[:300]})", "a complete file") from None


def _first_line(name: str, head: bytes) -> str:
    end = head.find(b"\n")
    try:
        text = head[: end if end >= 0 else len(head)].decode("utf-8-sig")
    except UnicodeError:
        fix = "name the file's encoding with --encoding, for example cp1252 (Windows) or gbk"
        raise _broken(name, "bytes that are not utf-8", "text in utf-8", "1", fix) from None
    if "\x00" in text:
        raise _broken(name, "zero bytes", "text", "1")
    return text.splitlines()[0] if text.strip() else ""


def _parquet_columns(name: str, path: Path) -> tuple[str, ...]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return tuple(pq.read_schema(path).names)
    except (OSError, ValueError, pa.ArrowException) as error:  # a column's name may be no text
        raise _broken(name, f"a file that cannot be read ({str(error)[:300]})", "a parquet file") from None


def _broken(name: str, found: str, wanted: str, row: str = "", fix: str = "") -> DataError:
    return DataError([Fault(name, row, "", found, wanted, fix or _FIX)])


@contextmanager
def reading(path: Path, wanted: str) -> Iterator[None]:
    """Report any error of reading a broken file as one fault of that file."""
    if not is_file(path):
        raise ConfigError(f"no such file: {path}")
    try:
        workbook = path.suffix.lower() in (".xlsx", ".xls", ".ods")
        if path.suffix.lower() in (".csv", ".txt"):
            csv_size(path, Account())
        check_file(path, _LARGEST)
        fault = fault_of(path) if workbook else None
        if fault is not None:
            raise ConfigError(f"{path} is not read: {fault}.")
        yield
    except (DataError, ConfigError):
        raise
    except Exception as error:  # each reader of workbooks and tables raises its own kinds of errors
        text = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
        fix = "give the publisher's file as it was published"
        raise DataError([Fault(path.name, "", "", f"a file that cannot be read ({text})", wanted, fix)]) from None
