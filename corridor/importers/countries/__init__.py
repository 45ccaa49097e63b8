"""Indicators of countries: governance, logistics."""
