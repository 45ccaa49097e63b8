"""What a file may hold before it is read: bounds that keep a small file from taking all memory or time."""
