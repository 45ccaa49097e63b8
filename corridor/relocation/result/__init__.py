"""A decision and what it comes to: cost, losses, exposure; the plan that is shown."""
