"""Importers: raw files of publishers turned into our tables.

Each module reads one publisher's files and returns frames in the columns of `corridor/schema`. Nothing is fetched:
the caller gives the files. Next year's edition is read with the same functions; what changes from edition to
edition or is a matter of judgement stands in small tables beside the code, to be edited there:

- country_names.csv: countries and territories with code, name, region and a point inside;
  country_spellings.csv: other spellings, and who uses them
- commodity_spellings.csv: India's commodity classes as older years spell them
- usgs_series.csv, iea_series.csv: which table of the USGS, which mineral of the IEA, speaks for which component
- icmm_components.csv: what a mine, smelter or refinery of a commodity makes
- apple_firms.csv: what a supplier is known for; apple_places.csv: points of provinces that the list misplaces
- product_components.csv: products in drafts and approvals -> components, where the short name does not do
- india_firm_places.csv: likeliest place of a firm; india_chip_projects.csv: place and product of a project
- us_battery_firms.csv: what a battery or solar firm makes
- site_traits.csv: limits and tags of the Indian sites; state_costs.csv: power tariffs; ports.csv: sea ports
- country_codes.csv: countries as BACI and Comtrade number them and as Eurostat letters them
- hs_unchanged.csv: codes of our components that HS 2022 took over from HS 2017 as they were: text alike, and the
  same codes under the heading (a code whose heading lost or gained one may have changed its meaning)

A user's own files come in through `corridor import`. `read_baci`, `read_comtrade` (world_trade), `read_census`,
`read_tradestat`, `read_comext` (national_trade) and `read_table` (plain_table) say where a publisher puts what;
`intake` opens the files, `tradescan` adds them up in one streaming pass, `tradetable` turns the sums into rows of
`trade` with an account of what is left out, and `landing` lays them into a folder. `class_imports`,
`mineral_imports`, `index_imports`, `eto` and `mrio` do the same with the readers named above.

`corridor.sources.synthetic` reads nothing: it makes studies of any size up, for measuring and tests.
`corridor.sources.build.build` refreshes a folder of tables from a raw folder; hand-kept rows stay.
"""
