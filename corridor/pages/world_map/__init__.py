"""dependency.html: the world map of who supplies what to whom."""
