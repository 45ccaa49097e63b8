"""Limits on what a file may hold, checked before it is read: no small file takes all memory or time."""
