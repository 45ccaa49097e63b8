"""Why no plan exists: limits and forced moves that contradict each other, and how little would do."""
