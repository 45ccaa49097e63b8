"""The data dictionary in docs/ says what the schema says."""

from pathlib import Path

from corridor.schema_text import data_dictionary


def test_the_data_dictionary_is_up_to_date() -> None:
    stored = Path(__file__).parent.parent / "docs" / "data.md"
    assert stored.read_text(encoding="utf-8") == data_dictionary()
