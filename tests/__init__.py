"""Tests mirror the package: tests/measures/ for corridor/measures/, and so on."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TINY = ROOT / "tests" / "tiny"
"""Tables that can be solved by hand."""
SHARED = ROOT.parent / "shared"
"""Publishers' raw files, beside the checkout; tests that need them are skipped if they are missing."""
