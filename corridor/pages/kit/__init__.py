"""What all pages share: the frame that loads nothing from outside, style, charts, words, sources."""
