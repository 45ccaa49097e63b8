"""How the failure of one supplier spreads through a network of firms."""
