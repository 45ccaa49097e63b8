"""index.html: the headline, how to read it, and what there is."""
