"""Every measure by its name: on the tables of a study, from the command line, and what is refused."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from corridor import load_study, load_tables
from corridor.cli import app
from corridor.errors import ConfigError
from corridor.measures import MEASURES, Ask, exposure, measure, study_measures


@pytest.fixture(scope="module")
def bundled():
    return load_tables(), load_study()


@pytest.fixture(scope="module")
def all_measures(bundled):
    ask = Ask.of(*bundled, components=["smartphone"])
    return {name: measure(name, ask) for name in MEASURES if name != "uncertainty"}


@pytest.mark.parametrize("name", [name for name in MEASURES if name != "uncertainty"])
def test_every_measure_gives_the_columns_that_it_shows(all_measures, name):
    table = all_measures[name]
    assert set(MEASURES[name].shown) <= set(table.columns)
    if name not in ("minerals", "chokepoints"):
        assert len(table)
    column = next((one for one in ("component", "product") if one in table), None)
    assert column is None or set(table[column]) <= {"smartphone"}


def test_any_target_and_any_market(bundled):
    tables, study = bundled
    ask = Ask.of(tables, study, markets=["USA"], target=["JPN"], components=["smartphone"])
    row = measure("exposure", ask).iloc[0]
    own = exposure(tables, "USA", ["JPN"]).set_index("component").loc["smartphone"]
    assert row["market"] == "USA"
    assert row["net"] == pytest.approx(own["net"])
    by_tier = measure("tiers", ask)
    assert by_tier["contribution"].sum() == pytest.approx(own["net"])


def test_a_sector_alone(bundled):
    ask = Ask.of(*bundled)
    sector = bundled[0].components.set_index("id")["sector"]
    table = measure("feasibility", ask, sector="magnets")
    assert set(sector[table["component"]]) == {"magnets"}


def test_what_is_asked_wrongly_is_told(bundled):
    with pytest.raises(ConfigError, match="Did you mean 'failures'"):
        measure("failure", Ask.of(*bundled))
    with pytest.raises(ConfigError, match="say of which component"):
        measure("paths", Ask.of(*bundled))
    with pytest.raises(
        ConfigError, match=r"no market 'FRA'(.|\n)*no country 'XXX'(.|\n)*Did you mean 'smartphone'"
    ):
        Ask.of(*bundled, markets=["FRA"], target=["XXX"], components=["smartfone"])


def test_a_study_keeps_its_measures(bundled):
    found = study_measures(*bundled)
    assert {"concentration", "failures", "stops", "stability", "tiers"} <= set(found)
    assert all(len(table) for table in found.values())


@pytest.mark.parametrize("kind", ["exposure", "tiers", "failures", "feasibility"])
@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_the_command_prints_and_writes(tmp_path, kind, ending):
    file = tmp_path / f"out.{ending}"
    result = CliRunner().invoke(
        app, ["measure", "--kind", kind, "--component", "smartphone", "--top", "2", "--to", str(file)]
    )
    assert result.exit_code == 0, result.output
    read = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet}[ending](file)
    assert set(MEASURES[kind].shown) <= set(read.columns)
    assert f"{len(read):,} rows written" in result.output


def test_options_that_mean_nothing_are_refused():
    run = CliRunner().invoke
    with pytest.raises(ConfigError, match="--country: means nothing to measure 'exposure'"):
        run(app, ["measure", "--country", "IND"], catch_exceptions=False)
    with pytest.raises(ConfigError, match="there is no sector|no such sector"):
        run(app, ["measure", "--sector", "cars"], catch_exceptions=False)
    result = run(app, ["measure", "--list"])
    assert all(name in result.output for name in MEASURES)
