"""Importers: raw files of publishers turned into our tables.

Each module reads one publisher's files and returns frames in the columns of ``corridor/data/schema``. Nothing is
fetched: the caller gives the files. Next year's edition is read with the same functions; what changes from edition
to edition or is a matter of judgement stands in small tables beside the code, to be edited there.

=============  =======================================================================================
room           what is in it
=============  =======================================================================================
trade          ``world_trade`` (BACI, Comtrade), ``national_trade`` (US Census, TradeStat, Comext),
               ``class_imports`` (DGCI&S), ``plain_table`` (any table): each says where a publisher
               puts what. ``scan`` adds files up in one streaming pass, ``table`` turns the sums into
               rows of ``trade`` with an account of what is left out. commodity_spellings.csv: India's
               commodity classes as older years spell them; hs_unchanged.csv: codes that HS 2022 took
               over from HS 2017 unchanged, text and heading alike
supply         ``mineral_imports`` (USGS, IEA), ``eto``, ``mrio``. usgs_series.csv, iea_series.csv: which
               table of the USGS, which mineral of the IEA, speaks for which component
countries      ``index_imports`` (World Bank)
files          ``open_files`` opens what a user gives, ``names`` and ``places`` know countries
               (country_names.csv, country_spellings.csv, country_codes.csv), ``write_into`` lays the
               rows into a folder
=============  =======================================================================================
"""
