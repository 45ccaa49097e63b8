"""One module per family of graph files; ``corridor.exchange`` is the door to them."""
