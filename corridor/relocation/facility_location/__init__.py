"""Studies that must meet demand: capacitated facility location, solved exactly without a solver."""
