"""What a plan is worth: reasons, near-optimal plans, other circumstances, other figures, information."""
