"""How a good plan is found, and a bound on all plans proved."""
