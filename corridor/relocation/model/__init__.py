"""The program: options, limits, calm years, windows and recourse as rows and columns."""
