"""Every measure by name: for the command line, the results folder, pages and notebooks."""

from corridor.registry._study_measures import study_measures
from corridor.registry.catalog import KINDS, kind_of, measure
from corridor.registry.definition import MeasureColumn, MeasureKind, Options

__all__ = ["KINDS", "MeasureColumn", "MeasureKind", "Options", "kind_of", "measure", "study_measures"]
