"""index.html: the headline, how to read it, and the files."""
