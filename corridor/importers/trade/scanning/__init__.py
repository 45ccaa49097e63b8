"""Files of trade added up in one pass: which column holds what, codes as files write them, the sums."""
