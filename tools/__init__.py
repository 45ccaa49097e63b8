"""Scripts that only maintainers run; not in the package."""
