"""Who makes how much: minerals, chips, industries of input-output tables."""
