"""Read YAML files of settings: only plain values, each key once, within stated limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from corridor.errors import ConfigError

__all__ = ["MOST_BYTES", "MOST_VALUES", "check_named", "read_yaml"]

MOST_BYTES = 4 * 2**20
"""Largest file that is read: 4 MiB, a hundred times the largest bundled study."""
MOST_VALUES = 200_000
"""Most values, counted as often as aliases repeat them: nine lines of aliases can mean a billion."""


class _Loader(yaml.SafeLoader):
    """Only plain values; a key that appears twice is an error, since the first would be lost silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, f"'{key.value[:40]}' appears twice", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def read_yaml(file: Path, what: str) -> Any:
    """The values of a YAML file.

    Parameters
    ----------
    file
        The file, UTF-8.
    what
        What it is, for messages: ``"study"``.

    Returns
    -------
    object
        Dicts, lists, texts, numbers, booleans, dates and None; None for an empty file.

    Raises
    ------
    ConfigError
        The file cannot be read, is no YAML, is larger than ``MOST_BYTES``, holds more than ``MOST_VALUES``, or is
        nested too deeply.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            f"{what} {file}: can't be read ({error.strerror or error}). Fix: give a YAML file."
        ) from None
    if len(content) > MOST_BYTES:
        raise ConfigError(f"{what} {file}: larger than {MOST_BYTES / 2**20:.0f} MiB, which is not read.")
    try:
        loader = _Loader(content.decode("utf-8-sig"))
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _check_size(node)
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except UnicodeDecodeError:
        why, line = "not a text file in UTF-8", ""
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        why = getattr(error, "problem", None) or getattr(error, "reason", None) or "broken"
    except RecursionError:
        why, line = "nested too deeply", ""
    except (ValueError, OverflowError) as error:  # an impossible date or number: 2024-13-45
        why, line = str(error)[:80], ""
    raise ConfigError(f"{what} {file}{line}: not valid YAML ({why}).") from None


def check_named(settings: dict[Any, Any], file: Path) -> None:
    """Check that overrides are groups of settings, scenarios lists of names of overrides, and every name a text.

    Raises
    ------
    ConfigError
        With every fault.
    """
    faults = [f"{name!r}: a setting's name is a text" for name in settings if not isinstance(name, str)]
    for section, of, what in (("overrides", dict, "settings"), ("scenarios", list, "names of overrides")):
        named = settings.get(section)
        if named is None:
            continue
        if not isinstance(named, dict):
            faults.append(f"{section}: begin each with its name and a colon")
            continue
        for name, each in named.items():
            if not isinstance(name, str):
                faults.append(f"{section}.{name}: the name is not a text; put it in quotes")
            if not isinstance(each, of) or not all(isinstance(one, str) for one in each):
                faults.append(f"{section}.{name}: wanted a {'list' if of is list else 'group'} of {what}")
    if faults:
        raise ConfigError(
            "\n".join([f"study {file} has {len(faults)} fault(s):", *(f"  - {one}" for one in faults)])
        )


def _check_size(root: yaml.Node) -> None:
    """Count values as often as aliases repeat them, without following each repetition."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        known = sizes.get(id(node))
        if known is not None:
            if known == 0:
                raise yaml.constructor.ConstructorError(
                    None, None, "an alias is inside what it names", node.start_mark
                )
            return known
        sizes[id(node)] = 0
        inner: list[yaml.Node] = []
        if isinstance(node, yaml.MappingNode):
            inner = [child for pair in node.value for child in pair]
        elif isinstance(node, yaml.SequenceNode):
            inner = node.value
        found = sizes[id(node)] = 1 + sum(map(size, inner))
        if found > MOST_VALUES:
            raise yaml.constructor.ConstructorError(
                None, None, f"more than {MOST_VALUES:,} values, aliases counted", node.start_mark
            )
        return found

    size(root)
