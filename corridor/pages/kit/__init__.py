"""Shared by all pages: the frame that loads nothing from outside, style, charts, words, sources."""
