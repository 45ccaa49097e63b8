"""Importers: convert publishers' raw files to our tables.

Each module reads one publisher's files and returns frames in the columns of ``corridor/data/schema``. Nothing is
downloaded: the caller gives the files. Next year's edition is read with the same functions; what changes from
edition to edition or is a matter of judgement is in small tables beside the code, to be edited there.

=============  =======================================================================================
folder         contents
=============  =======================================================================================
trade          ``world_trade`` (BACI, Comtrade), ``national_trade`` (US Census, TradeStat, Comext),
               ``class_imports`` (DGCI&S), ``plain_table`` (any table): each maps a publisher's
               columns. ``scanning`` adds files up in one streaming pass, ``table`` converts the sums to
               rows of ``trade``; ``partners`` and ``accounts`` report what is left out.
               commodity_spellings.csv: India's commodity classes as older years spell them;
               hs_unchanged.csv: codes that HS 2022 took over from HS 2017 unchanged, in text and heading
supply         ``mineral_imports`` (USGS, IEA), ``eto``, ``mrio``. usgs_series.csv, iea_series.csv: which
               table of the USGS, which mineral of the IEA, covers which component
countries      ``index_imports`` (World Bank)
files          ``open_files`` opens what a user gives (``layouts``: workbooks, HTML, JSON; ``texts``:
               encodings, line ends, titles), ``imported`` is the account of an import, ``write_into``
               writes the rows into a folder. Countries are identified by ``corridor.data.countries``
=============  =======================================================================================
"""
