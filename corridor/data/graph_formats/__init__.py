"""One module per family of graph files; ``corridor.data.exchange`` is the door to them."""
