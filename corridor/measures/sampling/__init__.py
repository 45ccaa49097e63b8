"""Measures on figures drawn from their ranges, and the intervals that follow."""
