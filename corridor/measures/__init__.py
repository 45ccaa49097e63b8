"""Measures on tables: who supplies whom, how concentrated that is, and how much depends on a target group."""

from corridor.measures.cascades.cascade import SupplyNetwork, cascade
from corridor.measures.cascades.components import component_network
from corridor.measures.criticality.concentration import concentration
from corridor.measures.criticality.dependence import (
    alternative_supply,
    eu_dependence,
    geodep,
    market_dependence,
    single_points,
    with_persistence,
)
from corridor.measures.criticality.feasibility import (
    complexity,
    density,
    density_held_out,
    feasibility,
    proximity,
    revealed_advantage,
)
from corridor.measures.criticality.stability import (
    churn,
    flip_probability,
    hhi_bounds,
    stability,
    threshold_distance,
    years_in_state,
)
from corridor.measures.criticality.supply_risk import (
    critical,
    economic_importance,
    format_bound,
    governance_risk,
    import_reliance,
    mineral_risk,
    net_import_reliance,
    parse_bound,
    parse_bounds,
    substitution_indices,
    supply_risk,
    weighted_hhi,
)
from corridor.measures.exposures.by_origin import exposure_by_origin
from corridor.measures.exposures.exposure import deliveries, exposure, stop
from corridor.measures.exposures.headline import headline
from corridor.measures.exposures.look_through import extraction, look_through, sales_exposure
from corridor.measures.exposures.paths import exposure_by_tier, paths
from corridor.measures.failures.chokepoints import fewest_failures, pass_through
from corridor.measures.failures.failing_sets import failing_set, failing_sets
from corridor.measures.failures.removals import percolation, stop_losses
from corridor.measures.failures.unit_stops import unit_stops
from corridor.measures.sampling.draws import draw_tables
from corridor.measures.sampling.uncertainty import Uncertainty, uncertainty
from corridor.measures.supply.bill import bill
from corridor.measures.supply.evidence import cannot_be_planned, keep_statuses, known_tables
from corridor.measures.supply.flows import export_flows, market_flows, origin_shares, world_flows
from corridor.measures.supply.indices import concentration_indices
from corridor.measures.supply.needs import final_needs
from corridor.measures.supply.network import Network
from corridor.measures.supply.sourcing import shares, world_shares

__all__ = [
    "Network",
    "SupplyNetwork",
    "Uncertainty",
    "alternative_supply",
    "bill",
    "cannot_be_planned",
    "cascade",
    "churn",
    "complexity",
    "component_network",
    "concentration",
    "concentration_indices",
    "critical",
    "deliveries",
    "density",
    "density_held_out",
    "draw_tables",
    "economic_importance",
    "eu_dependence",
    "export_flows",
    "exposure",
    "exposure_by_origin",
    "exposure_by_tier",
    "extraction",
    "failing_set",
    "failing_sets",
    "feasibility",
    "fewest_failures",
    "final_needs",
    "flip_probability",
    "format_bound",
    "geodep",
    "governance_risk",
    "headline",
    "hhi_bounds",
    "import_reliance",
    "keep_statuses",
    "known_tables",
    "look_through",
    "market_dependence",
    "market_flows",
    "mineral_risk",
    "net_import_reliance",
    "origin_shares",
    "parse_bound",
    "parse_bounds",
    "pass_through",
    "paths",
    "percolation",
    "proximity",
    "revealed_advantage",
    "sales_exposure",
    "shares",
    "single_points",
    "stability",
    "stop",
    "stop_losses",
    "substitution_indices",
    "supply_risk",
    "threshold_distance",
    "uncertainty",
    "unit_stops",
    "weighted_hhi",
    "with_persistence",
    "world_flows",
    "world_shares",
    "years_in_state",
]
