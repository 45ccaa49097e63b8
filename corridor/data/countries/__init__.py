"""Countries: their names, spellings of many publishers, and codes."""
