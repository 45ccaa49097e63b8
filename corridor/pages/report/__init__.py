"""report.html: the study in plain words, for printing."""
