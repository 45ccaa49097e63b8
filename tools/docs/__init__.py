"""Text of docs/ that is written from the code."""
