"""One module per family of graph files; ``corridor.data.exchange`` is their entry point."""
