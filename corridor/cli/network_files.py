"""Files of a supply network: tables, or matrices as the authors of the measures publish them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["edges_of", "essential_of", "flows_of", "nodes_of", "read_plain"]

# ids are words: 007 is not 7
_WORDS = frozenset(
    {
        "id",
        "node",
        "node_id",
        "supplier",
        "customer",
        "seller",
        "buyer",
        "seller_country",
        "seller_sector",
        "buyer_country",
        "buyer_sector",
        "country",
        "sector",
        "industry_id",
        "market",
        "scenario",
        "input_sector",
        "output_sector",
        "origin",
        "destination",
    }
)
_NODES = {"node_id": "id", "industry_id": "sector"}


def read_plain(file: Path) -> pd.DataFrame:
    """A table from .csv or .parquet, cells unchanged; ids and sectors that look like numbers stay text in a CSV.

    Raises
    ------
    ConfigError
        If the file does not exist or is no such table.
    """
    import pandas as pd

    frame = _read(file, words=_WORDS)
    for name in _WORDS & set(frame.columns):
        if file.suffix.lower() == ".parquet" and pd.api.types.is_integer_dtype(frame[name]):
            frame[name] = frame[name].astype("str")
    return frame


def _read(file: Path, *, words: frozenset[str] = frozenset(), header: int | None = 0) -> pd.DataFrame:
    import pandas as pd

    from corridor.data.guards.budget import Account, csv_size
    from corridor.data.parquet_files import parquet_frame
    from corridor.errors import ConfigError

    kind = file.suffix.lower()
    if kind not in (".csv", ".parquet"):
        raise ConfigError(f"table {file}: unknown kind '{kind}'. Fix: give a .csv or .parquet file.")
    try:
        if kind == ".parquet":
            return parquet_frame(file)
        csv_size(file, Account(), columns=None)  # a matrix is as wide as it is long
        # Codes such as NA (Namibia) are words, not blanks.
        types: dict[str, str] | type[str] = dict.fromkeys(words, "str") if header == 0 else str
        return pd.read_csv(
            file, keep_default_na=False, na_values=[""], dtype=types, header=header, encoding="utf-8-sig"
        )
    except FileNotFoundError:
        raise ConfigError(f"table {file}: no such file.") from None
    except (OSError, ValueError) as error:  # raised by pandas and pyarrow for files that are no tables
        what = (str(error).splitlines() or ["no reason given"])[0]
        raise ConfigError(f"table {file}: can't be read ({what}). Fix: save it again as {kind}.") from None


def nodes_of(file: Path) -> pd.DataFrame:
    """Nodes with ``id`` and ``sector``, also under the names node_id and industry_id."""
    frame = read_plain(file)
    return frame.rename(columns={old: new for old, new in _NODES.items() if new not in frame.columns})


def edges_of(file: Path, ids: pd.Series) -> pd.DataFrame:
    """Sales: the table, or the entries of a square matrix as ``supplier, customer, value``.

    Parameters
    ----------
    file
        A table with these columns, or a matrix W, W[i, j] what i sells to j, with or without names.
    ids
        Nodes in the order of a matrix without names.

    Raises
    ------
    ConfigError
        The file cannot be read, or is a matrix of another size.
    """
    table = read_plain(file)
    if {"supplier", "customer"} & set(table.columns):
        return table
    return _entries(file, ids, ("supplier", "customer"))


def flows_of(file: Path, output: pd.DataFrame) -> pd.DataFrame:
    """Flows: the table, or the entries of a square matrix as ``seller, buyer, value``, named as in `output`."""
    table = read_plain(file)
    if {"seller", "buyer", "seller_country"} & set(table.columns) or "node" not in output:
        return table
    return _entries(file, output["node"], ("seller", "buyer"))


def essential_of(file: Path, sectors: pd.Series) -> pd.DataFrame:
    """Kinds of inputs: the table, or the entries of a matrix of 0, 1 and 2 by sector, inputs in rows."""
    import pandas as pd

    table = read_plain(file)
    if {"input_sector", "output_sector"} & set(table.columns):
        return table
    names = sectors.dropna().drop_duplicates().astype("str")
    numbers = pd.to_numeric(names, errors="coerce")
    order = names.iloc[numbers.argsort()] if numbers.notna().all() else names.sort_values()
    found = _entries(file, order, ("input_sector", "output_sector"), zeros=True)
    return found.rename(columns={"value": "kind"})


def _entries(file: Path, ids: pd.Series, names: tuple[str, str], *, zeros: bool = False) -> pd.DataFrame:
    """Entries of a square matrix, by row; zeros are left out unless they say something."""
    import numpy as np
    import pandas as pd

    from corridor.errors import ConfigError

    cells = _read(file, header=None) if file.suffix.lower() == ".csv" else _read(file)
    count = len(ids)
    rows = columns = list(ids.astype("str"))
    wanted = f"the table {names[0]}, {names[1]}, value, or a square matrix of {count:,} rows, one for each node"
    if file.suffix.lower() == ".parquet":
        columns = [str(name) for name in cells.columns]
        rows = columns
    elif cells.shape[0] == count + 1:
        head = [str(cell) for cell in cells.iloc[0, cells.shape[1] - count :]]
        columns = head
        rows = [str(cell) for cell in cells.iloc[1:, 0]] if cells.shape[1] == count + 1 else head
        cells = cells.iloc[1:, cells.shape[1] - count :]
    elif cells.shape == (count, count + 1):
        rows = columns = [str(cell) for cell in cells.iloc[:, 0]]
        cells = cells.iloc[:, 1:]
    if cells.shape != (count, count) or set(rows) != set(ids.astype("str")) or set(columns) != set(rows):
        raise ConfigError(
            f"table {file}: found {cells.shape[0]:,} rows and {cells.shape[1]:,} columns that are neither. "
            f"Fix: give {wanted}, with or without their names."
        )
    figures = cells.apply(pd.to_numeric, errors="coerce").to_numpy(float)
    lost = np.argwhere(np.isnan(figures))
    if len(lost):
        shown = ", ".join(f"({row + 1}, {column + 1})" for row, column in lost[:20].tolist())
        raise ConfigError(
            f"table {file}: no number at row and column {shown}. Fix: write 0 where nothing is sold."
        )
    row, column = np.nonzero(np.ones_like(figures) if zeros else figures)
    first, second = np.asarray(rows, object)[row], np.asarray(columns, object)[column]
    return pd.DataFrame({names[0]: first, names[1]: second, "value": figures[row, column]})
