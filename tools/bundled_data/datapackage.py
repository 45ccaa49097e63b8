"""``python -m tools.bundled_data.datapackage``: renew data/datapackage.json after changing tables or schemas."""

from __future__ import annotations

from pathlib import Path

from corridor.data.bundled import bundled
from corridor.data.datapackage import write_datapackage

__all__ = ["bundled_package"]


def bundled_package() -> Path:
    """Write the descriptor of the bundled tables.

    Returns
    -------
    pathlib.Path
        ``data/datapackage.json``.
    """
    return write_datapackage(
        bundled("data"),
        "corridor-data",
        "What India and the United States depend on in electronics, medicines and critical minerals",
        "The bundled tables of corridor. Every figure has a status (reported, computed, inherited, assumed) and a "
        "source; NOTES.md says what was dropped, merged and estimated. Terms of use are those of the sources.",
    )


if __name__ == "__main__":
    print(f"written: {bundled_package()}")
