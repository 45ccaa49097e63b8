"""plan.html: the map of India with the plan for each budget."""
