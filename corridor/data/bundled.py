"""Location of the bundled data and studies: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def bundled(name: str) -> Path:
    """Folder of bundled files.

    Parameters
    ----------
    name
        ``"data"`` or ``"configs"``.

    Returns
    -------
    pathlib.Path
        The checkout's folder if the package runs from one, else the copy inside the wheel.
    """
    inside = _PACKAGE / "_bundled" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
