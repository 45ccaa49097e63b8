"""Every measure under one name each: for the command line, the results folder, pages and notebooks."""

from corridor.kinds.kind import Column, Kind, Options
from corridor.kinds.registry import KINDS, kind_of, measure
from corridor.kinds.study import study_measures

__all__ = ["KINDS", "Column", "Kind", "Options", "kind_of", "measure", "study_measures"]
