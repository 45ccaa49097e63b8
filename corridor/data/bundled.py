"""Where the bundled data and studies are: in a checkout beside the package, in a wheel inside it."""

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
        The checkout's folder when the package runs from one, else the copy inside the wheel.
    """
    inside = _PACKAGE / "_bundled" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
