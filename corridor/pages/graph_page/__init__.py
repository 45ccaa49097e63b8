"""graph.html: the component graph from ore to product."""
