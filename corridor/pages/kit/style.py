"""Colours and words that all pages share. Every text colour has a contrast of at least 4.5 to the background."""

from __future__ import annotations

#: Share of supply, low to high: one hue, lightness falls evenly: readable without colour vision and in grey.
SHARE_CLASSES: tuple[float, ...] = (0.01, 0.05, 0.15, 0.30, 0.60)
SHARE_COLOURS: tuple[str, ...] = ("#f4e5d3", "#eac6a0", "#dda06c", "#c67545", "#a04a27", "#6a2515")
LAND = "#e9e6df"

STATUS_MEANING: dict[str, str] = {
    "reported": "a publisher says exactly this",
    "computed": "from reported figures, by a stated formula",
    "inherited": "from the group it belongs to",
    "assumed": "ours, with a range; to be varied",
}


def share_legend() -> list[tuple[str, str]]:
    """Each colour of the shares, with its range of shares as text."""
    edges = [0.0, *SHARE_CLASSES, 1.0]
    return [
        (colour, f"{100 * low:.0f}–{100 * high:.0f}\u00a0%" if low else f"under {100 * high:.0f}\u00a0%")
        for colour, low, high in zip(SHARE_COLOURS, edges[:-1], edges[1:], strict=True)
    ]
