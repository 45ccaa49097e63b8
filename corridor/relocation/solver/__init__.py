"""The only package that uses the solver: solves programs, and writes them as LP text."""
