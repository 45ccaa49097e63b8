"""Read YAML files of settings: only plain values, each key once, within stated limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from corridor.data.guards.figures import LARGEST, MOST_DIGITS, plausible, shown
from corridor.data.guards.open_file import Refused, read_bytes
from corridor.errors import ConfigError, listed

__all__ = ["DEEPEST", "MOST_BYTES", "MOST_VALUES", "check_named", "read_yaml"]

MOST_BYTES = 2**20
"""Largest file that is read: 1 MiB, thirty times the largest bundled study."""
MOST_VALUES = 50_000
"""Most values, counted as often as aliases repeat them: nine lines of aliases can mean a billion."""
DEEPEST = 40
"""Most levels of lists and groups inside one another; a study has six."""
_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)")
_DECIMAL = re.compile(
    r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+|\.[0-9]+(?:[eE][-+]?[0-9]+)?)"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class _Loader(yaml.SafeLoader):
    """Only plain values; a key that appears twice is an error, since the first would be lost silently.

    Numbers are decimal: 12:30 is no number in base 60, 010 none in base 8; both are texts, as in YAML 1.2.
    """

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise yaml.constructor.ConstructorError(None, None, "nested too deeply", self.get_mark())
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        text = super().construct_scalar(node)
        if isinstance(text, str) and _UNWRITABLE.search(text):
            what = "a character that no file can hold"
            raise yaml.constructor.ConstructorError(None, None, what, node.start_mark)
        return text

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        text = str(self.construct_scalar(node)).replace("_", "")
        if len(text) > MOST_DIGITS:
            what = f"a number of {len(text):,} digits; at most {MOST_DIGITS} are read"
            raise yaml.constructor.ConstructorError(None, None, what, node.start_mark)
        return int(text)

    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        text = str(self.construct_scalar(node)).replace("_", "").lower()
        return float(text.replace(".inf", "inf").replace(".nan", "nan"))

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, f"'{key.value[:40]}' appears twice", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def _plain_numbers(loader: type[_Loader]) -> None:
    """Let only decimal numbers be numbers."""
    tags = {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}
    old = loader.yaml_implicit_resolvers
    loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in rules if tag not in tags] for first, rules in old.items()
    }
    signs = list("-+.0123456789")
    for tag, pattern in (("int", _NUMBER), ("float", _DECIMAL)):
        whole = re.compile(f"(?:{pattern.pattern})$")
        loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", whole, signs)
    loader.add_constructor("tag:yaml.org,2002:int", loader.construct_yaml_int)
    loader.add_constructor("tag:yaml.org,2002:float", loader.construct_yaml_float)


_plain_numbers(_Loader)


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
        The file cannot be read, is no YAML, is larger than ``MOST_BYTES``, holds more than ``MOST_VALUES``, is
        nested too deeply, or holds a number that is infinite, missing (.nan) or above ``LARGEST``.
    """
    try:
        content = read_bytes(file, MOST_BYTES)
    except Refused as error:
        raise ConfigError(f"{what} {file}: can't be read ({error}). Fix: give a YAML file.") from None
    except OSError as error:
        raise ConfigError(
            f"{what} {file}: can't be read ({error.strerror or error}). Fix: give a YAML file."
        ) from None
    try:
        loader = _Loader(content.decode("utf-8-sig"))
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _check_size(node)
            values = loader.construct_document(node)
            _check_numbers(values, f"{what} {file}")
            return values
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


def _check_numbers(values: Any, what: str) -> None:
    """Check that every number is one that a figure can have."""
    wrong = [(place, value) for place, value in _leaves(values, "") if not plausible(value)]
    if wrong:
        places = listed([f"{place} ({shown(value)})" for place, value in wrong])
        raise ConfigError(
            f"{what}: {places}: wanted a number that is finite and at most {LARGEST:g}. Fix: write the figure, or "
            "leave the setting out."
        )


def _leaves(values: Any, place: str) -> Iterator[tuple[str, float]]:
    """Every number with its place."""
    if isinstance(values, dict | list):
        for key, inner in values.items() if isinstance(values, dict) else enumerate(values):
            yield from _leaves(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(values, int | float) and not isinstance(values, bool):
        yield place or "the file", values


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
