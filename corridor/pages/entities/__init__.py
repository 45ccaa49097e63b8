"""Pages of components and countries, and their list."""
