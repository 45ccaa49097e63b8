"""Synthetic studies of any size, for measuring and tests."""
