"""GraphML, GEXF and node-link JSON."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TextIO
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from corridor.data.graph_formats.layout import GraphColumns, Values
from corridor.data.guards.budget import markup_size
from corridor.errors import CorridorError

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DEEPEST = 20
"""Most levels of elements; a graph that corridor writes has seven."""
_GRAPHML = "http://graphml.graphdrawing.org/xmlns"
_GEXF = "http://www.gexf.net/1.2draft"
_XML_TYPES = {"string": "string", "integer": "long", "number": "double", "boolean": "boolean"}
_OWN_TYPES = {name: kind for kind, name in _XML_TYPES.items()}


def legal(text: str) -> bool:
    """Whether XML can hold a text: it has no control characters or lone surrogates."""
    return _ILLEGAL.search(text) is None


def _show(cell: object) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return repr(cell) if isinstance(cell, float) else str(cell)


def _cell(kind: str, text: str) -> object:
    if kind == "integer":
        return int(text)
    if kind == "number":
        return float(text)
    return text == "true" if kind == "boolean" else text


def _body(text: str) -> str:
    return escape(text, {"\r": "&#13;"})


def _events(path: Path, root: str) -> Iterator[tuple[str, ElementTree.Element]]:
    """Parse events of an XML file; one that declares a document type is refused, since ours never do."""
    markup_size(path, b"<=")
    _refuse_doctype(path)
    events = ElementTree.iterparse(path, events=("start", "end"))
    depth = 0
    for event, element in events:
        if not depth and element.tag != root:
            raise CorridorError(f"{path} is XML of another format")
        depth += 1 if event == "start" else -1
        if depth > _DEEPEST:
            raise CorridorError(f"{path} is nested too deeply: corridor did not write it")
        yield event, element


class _Begun(Exception):
    """Raised at the first element: no document type can be declared after it."""


def _refuse_doctype(path: Path) -> None:
    from xml.parsers import expat

    def refuse(*_: object) -> None:
        raise CorridorError(f"{path} declares a document type: corridor did not write it")

    def begin(*_: object) -> None:
        raise _Begun

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begin
    with path.open("rb") as file, suppress(_Begun):
        parser.ParseFile(file)


def _rows(columns: dict[str, Values]) -> list[list[tuple[int, object]]]:
    """Non-blank cells of each row, with the number of their column."""
    count = max((len(values.cells) for values in columns.values()), default=0)
    rows: list[list[tuple[int, object]]] = [[] for _ in range(count)]
    for number, values in enumerate(columns.values()):
        for row, cell in zip(rows, values.cells, strict=True):
            if cell is not None:
                row.append((number, cell))
    return rows


class _Columns:
    """Columns filled row by row."""

    def __init__(self) -> None:
        self.titles: dict[str, tuple[str, str]] = {}
        self.rows: list[dict[str, object]] = []

    def add(self, cells: list[tuple[str, str]]) -> None:
        self.rows.append({code: _cell(self.titles[code][1], text) for code, text in cells})

    def values(self) -> dict[str, Values]:
        return {
            title: Values(kind, [row.get(code) for row in self.rows])
            for code, (title, kind) in self.titles.items()
        }


def write_graphml(layout: GraphColumns, path: Path) -> None:
    """Write GraphML; keys of edges are the attribute ``edge_key``, the note is an attribute of the graph."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'<?xml version="1.0" encoding="utf-8"?>\n<graphml xmlns="{_GRAPHML}">\n')
        file.write('<key id="note" for="graph" attr.name="corridor" attr.type="string"/>\n')
        file.write('<key id="key" for="edge" attr.name="edge_key" attr.type="string"/>\n')
        for letter, what, columns in (("n", "node", layout.nodes), ("e", "edge", layout.edges)):
            for number, (title, values) in enumerate(columns.items()):
                file.write(
                    f'<key id="{letter}{number}" for="{what}" attr.name={quoteattr(title)} '
                    f'attr.type="{_XML_TYPES[values.type]}"/>\n'
                )
        file.write('<graph edgedefault="directed">\n')
        file.write(f'<data key="note">{_body(layout.note)}</data>\n')
        nodes = _rows(layout.nodes) or [[]] * len(layout.ids)
        for name, row in zip(layout.ids, nodes, strict=True):
            file.write(f"<node id={quoteattr(name)}>{_data('n', row)}</node>\n")
        edges = _rows(layout.edges) or [[]] * len(layout.keys)
        for tail, head, key, row in zip(layout.tails, layout.heads, layout.keys, edges, strict=True):
            file.write(
                f"<edge source={quoteattr(tail)} target={quoteattr(head)}>"
                f'<data key="key">{_body(key)}</data>{_data("e", row)}</edge>\n'
            )
        file.write("</graph>\n</graphml>\n")


def _data(letter: str, row: list[tuple[int, object]]) -> str:
    return "".join(f'<data key="{letter}{number}">{_body(_show(cell))}</data>' for number, cell in row)


def read_graphml(path: Path) -> GraphColumns:
    """Read GraphML."""
    space = f"{{{_GRAPHML}}}"
    note = ""
    ids: list[str] = []
    ends: list[tuple[str, str, str]] = []
    columns = {"node": _Columns(), "edge": _Columns()}
    for event, element in _events(path, f"{space}graphml"):
        if event == "start":
            continue
        tag = element.tag.removeprefix(space)
        if tag == "key" and element.get("attr.name") not in ("corridor", "edge_key"):
            kind = _OWN_TYPES[element.attrib["attr.type"]]
            columns[element.attrib["for"]].titles[element.attrib["id"]] = (element.attrib["attr.name"], kind)
        elif tag == "data" and element.get("key") == "note":
            note = element.text or ""
        elif tag in ("node", "edge"):
            cells = {data.attrib["key"]: data.text or "" for data in element}
            if tag == "node":
                ids.append(element.attrib["id"])
            else:
                ends.append((element.attrib["source"], element.attrib["target"], cells.pop("key")))
            columns[tag].add(list(cells.items()))
            element.clear()
    return _layout(note, ids, columns["node"].values(), ends, columns["edge"].values())


def write_gexf(layout: GraphColumns, path: Path) -> None:
    """Write GEXF 1.2; keys of edges are the attribute ``edge_key``, the note is the file's description."""
    names = layout.nodes.get("name")
    labels = [str(name) for name in names.cells] if names else layout.ids
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'<?xml version="1.0" encoding="utf-8"?>\n<gexf xmlns="{_GEXF}" version="1.2">\n')
        file.write(f"<meta><creator>corridor</creator><description>{_body(layout.note)}</description></meta>\n")
        file.write('<graph mode="static" defaultedgetype="directed">\n')
        _write_attributes(file, "node", layout.nodes)
        _write_attributes(file, "edge", layout.edges)
        file.write("<nodes>\n")
        nodes = _rows(layout.nodes) or [[]] * len(layout.ids)
        for name, label, row in zip(layout.ids, labels, nodes, strict=True):
            file.write(f"<node id={quoteattr(name)} label={quoteattr(label)}>{_attvalues(row)}</node>\n")
        file.write("</nodes>\n<edges>\n")
        edges = _rows(layout.edges) or [[]] * len(layout.keys)
        for number, (tail, head, key, row) in enumerate(
            zip(layout.tails, layout.heads, layout.keys, edges, strict=True)
        ):
            file.write(
                f'<edge id="{number}" source={quoteattr(tail)} target={quoteattr(head)}>'
                f"{_attvalues(row, key)}</edge>\n"
            )
        file.write("</edges>\n</graph>\n</gexf>\n")


def _write_attributes(file: TextIO, what: str, columns: dict[str, Values]) -> None:
    file.write(f'<attributes class="{what}">\n')
    if what == "edge":
        file.write('<attribute id="key" title="edge_key" type="string"/>\n')
    for number, (title, values) in enumerate(columns.items()):
        file.write(f'<attribute id="{number}" title={quoteattr(title)} type="{_XML_TYPES[values.type]}"/>\n')
    file.write("</attributes>\n")


def _attvalues(row: list[tuple[int, object]], key: str | None = None) -> str:
    cells = [] if key is None else [f'<attvalue for="key" value={quoteattr(key)}/>']
    cells += [f'<attvalue for="{number}" value={quoteattr(_show(cell))}/>' for number, cell in row]
    return f"<attvalues>{''.join(cells)}</attvalues>"


def read_gexf(path: Path) -> GraphColumns:
    """Read GEXF."""
    space = f"{{{_GEXF}}}"
    note = ""
    ids: list[str] = []
    ends: list[tuple[str, str, str]] = []
    columns = {"node": _Columns(), "edge": _Columns()}
    for event, element in _events(path, f"{space}gexf"):
        if event == "start":
            continue
        tag = element.tag.removeprefix(space)
        if tag == "description":
            note = element.text or ""
        elif tag == "attributes":
            titles = columns[element.attrib["class"]].titles
            for attribute in element:
                if attribute.attrib["id"] != "key":
                    kind = _OWN_TYPES[attribute.attrib["type"]]
                    titles[attribute.attrib["id"]] = (attribute.attrib["title"], kind)
        elif tag in ("node", "edge"):
            cells = {cell.attrib["for"]: cell.attrib["value"] for cell in element.iter(f"{space}attvalue")}
            if tag == "node":
                ids.append(element.attrib["id"])
            else:
                ends.append((element.attrib["source"], element.attrib["target"], cells.pop("key")))
            columns[tag].add(list(cells.items()))
            element.clear()
    return _layout(note, ids, columns["node"].values(), ends, columns["edge"].values())


def _layout(
    note: str, ids: list[str], nodes: dict[str, Values], ends: list[tuple[str, str, str]], edges: dict[str, Values]
) -> GraphColumns:
    if not note:
        raise CorridorError("the file was not written by corridor: its note is missing")
    tails, heads, keys = ([end[index] for end in ends] for index in range(3))
    return GraphColumns(note, ids, nodes, tails, heads, keys, edges)


def write_json(layout: GraphColumns, path: Path) -> None:
    """Write node-link JSON as networkx does, with the note in ``graph``."""

    def rows(columns: dict[str, Values], fixed: list[dict[str, object]]) -> list[dict[str, object]]:
        titles = list(columns)
        for row, cells in zip(fixed, _rows(columns) or [[]] * len(fixed), strict=True):
            row.update((titles[number], cell) for number, cell in cells)
        return fixed

    nodes: list[dict[str, object]] = [{"id": name} for name in layout.ids]
    edges: list[dict[str, object]] = [
        {"source": tail, "target": head, "key": key}
        for tail, head, key in zip(layout.tails, layout.heads, layout.keys, strict=True)
    ]
    content = {
        "directed": True,
        "multigraph": True,
        "graph": {"corridor": json.loads(layout.note)},
        "nodes": rows(layout.nodes, nodes),
        "edges": rows(layout.edges, edges),
    }
    with path.open("w", encoding="utf-8", newline="\n") as file:
        json.dump(content, file, ensure_ascii=False)


def read_json(path: Path) -> GraphColumns:
    """Read node-link JSON."""
    markup_size(path, b"[{,")
    with path.open(encoding="utf-8") as file:
        content = json.load(file)
    if not isinstance(content, dict) or "corridor" not in content.get("graph", {}):
        raise CorridorError(f"{path} is JSON that corridor did not write: its note is missing")
    note = content["graph"]["corridor"]

    def columns(what: str) -> dict[str, Values]:
        return {
            title: Values("string" if kind == "json" else kind, [row.get(title) for row in content[what]])
            for title, (_, kind) in note[what].items()
        }

    ends = [(edge["source"], edge["target"], edge["key"]) for edge in content["edges"]]
    return _layout(
        json.dumps(note), [node["id"] for node in content["nodes"]], columns("nodes"), ends, columns("edges")
    )
