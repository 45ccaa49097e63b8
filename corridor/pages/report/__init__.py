"""report.html: the study in plain words, to be printed."""
