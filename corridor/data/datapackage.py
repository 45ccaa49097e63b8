"""A folder of tables described for other programs: ``datapackage.json``, a Frictionless Data Package.

It lists for each file its kind, size and SHA-256, and for each table its columns, types, units, keys and
references (https://datapackage.org/standard/data-package/). The same folder gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from corridor.data.guards.formulas import restored
from corridor.data.schema import TABLES, json_table_schema
from corridor.errors import ConfigError
from corridor.version import __version__

__all__ = ["FILE", "datapackage", "write_datapackage"]

FILE = "datapackage.json"
"""Name of the descriptor, required by the standard."""

_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_MEDIA = {
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".json": "application/json",
    ".html": "text/html",
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".lp": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def datapackage(
    folder: str | Path, name: str, title: str, description: str = "", *, without: Collection[str] = ()
) -> dict[str, Any]:
    """Descriptor of a folder.

    Parameters
    ----------
    folder
        Folder with files; those whose names begin with a dot are left out.
    name
        Short name: small letters, digits, hyphens.
    title, description
        What it is.
    without
        Paths of files to leave out.

    Returns
    -------
    dict
        Ready for ``json.dump``: a resource for every file, in order of its path; CSV and parquet with a schema,
        that of ``corridor.data.schema`` for tables of a study, else one inferred from the file.

    Raises
    ------
    ConfigError
        The folder or a file in it cannot be read.
    """
    place = Path(folder)
    try:
        paths = {file.relative_to(place).as_posix(): file for file in _files(place)}
        files = [paths[path] for path in sorted(set(paths) - set(without))]
        resources = [_resource(file, place) for file in files]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0][:100]
        raise ConfigError(f"{place}: can't be described ({reason}). Fix: give a folder of tables.") from None
    if not resources:
        raise ConfigError(f"{place}: holds no file. Fix: give a folder of tables.")
    _keep_references(resources)
    package: dict[str, Any] = {"$schema": _PROFILE, "name": name, "title": title}
    if description:
        package["description"] = description
    package |= {"version": __version__, "resources": resources}
    sources = _sources(place)
    return package | ({"sources": sources} if sources else {})


def write_datapackage(folder: str | Path, name: str, title: str, description: str = "") -> Path:
    """Write ``datapackage.json`` into a folder, to a temporary name first.

    Parameters
    ----------
    folder, name, title, description
        As in :func:`datapackage`.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ConfigError
        The folder cannot be read or written to.
    """
    place = Path(folder)
    text = json.dumps(datapackage(place, name, title, description), indent=1, ensure_ascii=False) + "\n"
    draft = place / f".{FILE}.part"
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        os.replace(draft, place / FILE)
    except OSError as error:
        raise ConfigError(f"output {place / FILE}: can't be written ({error.strerror or error}).") from None
    finally:
        with suppress(OSError):  # already reported above if the folder does not exist
            draft.unlink(missing_ok=True)
    return place / FILE


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.iterdir()):
        if file.name.startswith((".", "~")) or file.is_symlink():
            continue
        if file.is_dir():
            yield from _files(file)
        elif file.name != FILE:
            yield file


def _resource(file: Path, folder: Path) -> dict[str, Any]:
    path = file.relative_to(folder)
    ending = file.suffix.lower()
    resource: dict[str, Any] = {"name": _name(path), "path": path.as_posix()}
    if ending in (".csv", ".parquet"):
        resource |= {"type": "table", "schema": _schema(file, path)}
    if ending:
        resource["format"] = ending.removeprefix(".")
    if ending in _MEDIA:
        resource["mediatype"] = _MEDIA[ending]
    if ending in (".csv", ".json", ".html", ".md", ".txt"):
        resource["encoding"] = "utf-8"
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return resource | {"bytes": file.stat().st_size, "hash": f"sha256:{digest}"}


def _name(path: Path) -> str:
    """Name of a resource: its table's, else its path in small letters, digits, dots, hyphens and underscores."""
    if _is_table(path):
        return path.stem
    words = (path if path.suffix.lower() != ".csv" else path.with_suffix("")).as_posix().lower().replace("/", "-")
    return "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "_" for sign in words)


def _is_table(path: Path) -> bool:
    return (
        path.stem in TABLES and path.suffix in (".csv", ".parquet") and path.parent.as_posix() in (".", "tables")
    )


def _schema(file: Path, path: Path) -> dict[str, Any]:
    if _is_table(path):
        return json_table_schema(path.stem)
    return _inferred(file)


def _inferred(file: Path) -> dict[str, Any]:
    """Schema inferred from a file of results; a column without any value counts as text."""
    import pandas as pd

    try:
        frame = pd.read_parquet(file) if file.suffix == ".parquet" else restored(pd.read_csv(file))
    except pd.errors.EmptyDataError:
        return {"fields": []}
    fields = []
    for name in frame.columns:
        kind = frame[name].dtype
        field: dict[str, Any] = {"name": str(name), "type": "string"}
        if pd.api.types.is_bool_dtype(kind):
            field |= {"type": "boolean", "trueValues": ["True"], "falseValues": ["False"]}
        elif pd.api.types.is_integer_dtype(kind):
            field["type"] = "integer"
        elif pd.api.types.is_numeric_dtype(kind) and frame[name].notna().any():
            field["type"] = "number"
        fields.append(field)
    return {"fields": fields, "missingValues": [""]}


def _keep_references(resources: list[dict[str, Any]]) -> None:
    """Leave out references to tables that are not in the folder: the standard requires both ends."""
    present = {resource["name"] for resource in resources} | {""}
    for resource in resources:
        schema = resource.get("schema", {})
        if "foreignKeys" in schema:
            kept = [key for key in schema["foreignKeys"] if key["reference"]["resource"] in present]
            schema["foreignKeys"] = kept
            if not kept:
                del schema["foreignKeys"]


def _sources(folder: Path) -> list[dict[str, str]]:
    """Publications behind the tables, with their terms of use."""
    import pandas as pd

    for file in (folder / "sources.csv", folder / "tables" / "sources.parquet", folder / "tables" / "sources.csv"):
        if file.is_file():
            frame = pd.read_csv(file, dtype=str) if file.suffix == ".csv" else pd.read_parquet(file)
            renamed = {"title": "title", "address": "path", "licence": "licence"}
            if set(renamed) <= set(frame.columns):
                rows = frame[list(renamed)].rename(columns=renamed).to_dict("records")
                return [{str(name): text for name, text in row.items() if isinstance(text, str)} for row in rows]
    return []
