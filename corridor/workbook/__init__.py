"""The planner's workbook: a study and its plan in a spreadsheet, edited there and read back."""

from corridor.workbook.read import read_workbook
from corridor.workbook.write import write_workbook

__all__ = ["read_workbook", "write_workbook"]
