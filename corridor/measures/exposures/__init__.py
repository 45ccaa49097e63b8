"""How much of a market's supply rests on a target: direct, net and when the target stops."""
