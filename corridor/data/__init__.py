"""The tables: their schema, how they are read, checked and written, and the graph that they make."""
