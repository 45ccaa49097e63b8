"""A decision and its results: cost, losses, exposure, and the plan that describes them."""
