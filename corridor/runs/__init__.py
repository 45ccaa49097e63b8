"""Results folders, sweeps over many plans, and the check of a folder."""
