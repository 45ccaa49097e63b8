"""Parquet files of anybody: their size and kinds are checked before they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from corridor.data.guards.budget import MOST_COLUMNS, Account
from corridor.data.guards.open_file import Refused, check_file
from corridor.errors import listed

__all__ = ["NotText", "parquet_frame", "parquet_table"]


class NotText(ValueError):
    """Cells of text hold bytes that are no UTF-8.

    Attributes
    ----------
    cells
        Column -> rows, counted from 1.
    """

    def __init__(self, cells: dict[str, list[int]]) -> None:
        self.cells = cells
        where = "; ".join(f"column {name}, rows {listed(rows)}" for name, rows in cells.items())
        super().__init__(f"bytes that are not UTF-8 in {where}")


def parquet_frame(path: Path, account: Account | None = None) -> pd.DataFrame:
    """A parquet file as a frame; as :func:`parquet_table`."""
    frame: pd.DataFrame = parquet_table(path, account).to_pandas()
    return frame


def parquet_table(path: Path, account: Account | None = None) -> Any:
    """A parquet file as an Arrow table of plain columns.

    1 kB can hold millions of rows of one long text, or lists of lists: texts are read as numbers of their
    dictionary, and counted before they are laid out; lists, structs and bytes are refused.

    Parameters
    ----------
    path
        The file.
    account
        What may be taken of the budget; a whole one if left out.

    Raises
    ------
    Refused
        It is no plain file, holds nested columns, or would take more memory than is left.
    NotText
        Texts hold bytes that are no text.
    ValueError, OSError
        It is broken.
    """
    import pyarrow.parquet as pq

    account = account or Account()
    check_file(path, account.left)
    schema = pq.read_schema(path)
    odd = [field.name for field in schema if not _is_plain(field.type)]
    if odd:
        raise Refused(f"columns of lists, groups or bytes: {listed(odd)}; a cell holds one text, number or date")
    if len(schema) > MOST_COLUMNS:
        raise Refused(f"{len(schema):,} columns; at most {MOST_COLUMNS:,} are read")
    texts = [field.name for field in schema if _is_text(field.type)]
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        about = file.metadata
        account.take(about.num_rows * max(about.num_columns, 1))
        stored = sum(about.row_group(number).total_byte_size for number in range(about.num_row_groups))
        if stored > account.left:
            raise Refused(f"{stored:,} bytes unpacked; {account.left:,} bytes of memory are left to read it")
        table = file.read()
    account.take(0, sum(map(_text_bytes, table.columns)))
    table = table.cast(schema)
    wrong = {
        name: rows
        for name, column in zip(table.column_names, table.columns, strict=True)
        if _is_text(column.type) and (rows := _not_text(column))
    }
    if wrong:
        raise NotText(wrong)
    return table


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_plain(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    known = (
        pa.types.is_boolean,
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_decimal,
        pa.types.is_temporal,
        pa.types.is_null,
    )
    return _is_text(kind) or any(test(kind) for test in known)


def _text_bytes(column: Any) -> int:
    """Bytes of a column of texts laid out, counted as often as the dictionary's texts are used."""
    import pyarrow as pa
    import pyarrow.compute as pc

    size = 0
    for chunk in column.chunks if pa.types.is_dictionary(column.type) else []:
        if _is_text(chunk.dictionary.type):
            lengths = pc.cast(pc.binary_length(chunk.dictionary), pa.int64())
            size += pc.sum(pc.take(lengths, chunk.indices)).as_py() or 0
    return size


def _not_text(column: Any) -> list[int]:
    """Rows, from 1, whose bytes are no UTF-8."""
    import pyarrow as pa

    try:
        column.validate(full=True)
    except (pa.ArrowInvalid, UnicodeDecodeError):
        rows = []
        for row, cell in enumerate(column.cast(pa.large_binary()), 1):
            try:
                str(cell.as_py() or b"", "utf-8")
            except UnicodeDecodeError:
                rows.append(row)
        return rows
    return []
