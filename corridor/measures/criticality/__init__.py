"""Concentration, dependence by official tests, supply risk, stability and feasibility."""
