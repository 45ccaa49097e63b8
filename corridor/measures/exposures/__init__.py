"""How much of a market's supply depends on a target: direct, net and if the target stops."""
