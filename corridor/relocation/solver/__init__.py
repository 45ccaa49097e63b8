"""The one place that knows the solver: programs handed over and read back, and their text for reading."""
