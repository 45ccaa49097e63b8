"""From publishers' raw files to the tables in data/ and the outlines of the maps.

``build.build`` refreshes a folder of tables from a raw folder; hand-kept rows stay. ``site_tables`` and
``lever_tables`` make the default limits, facilities, second sources and stockpiles by rule, ``build_outlines`` the
outlines, ``datapackage`` the description of data/. Matters of judgement are in small tables beside the code:

- icmm_components.csv: what a mine, smelter or refinery of a commodity makes
- apple_firms.csv: what a supplier is known for; apple_places.csv: points of provinces that the list misplaces
- product_components.csv: products in drafts and approvals -> components, if the short name is not enough
- india_firm_places.csv: likeliest place of a firm; india_chip_projects.csv: place and product of a project
- us_battery_firms.csv: what a battery or solar firm makes
- site_traits.csv: limits and tags of the Indian sites; state_costs.csv: power tariffs; ports.csv: sea ports
- lever_rules.csv, perishables.csv: what qualifying, storing and holding cost by sector, stage and component
"""
