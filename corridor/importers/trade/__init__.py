"""Who sells what to whom: trade statistics of the world and of nations."""
