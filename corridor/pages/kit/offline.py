"""Pages that load nothing from outside: every script, style and image is in the file; folium maps included."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from branca.element import Element, Figure, MacroElement
from folium import Map
from folium.template import Template
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from corridor.errors import CorridorError
from corridor.pages.kit.sectors import Sectors
from corridor.pages.kit.slim import used_rules, without_end_tags
from corridor.pages.kit.words import percent, percent_fine

#: Folder of the pages: scripts, styles and templates are named relative to it ("kit/assets/map.js").
PAGES = Path(__file__).resolve().parents[1]
#: Styles of the pages with maps and graphs, in order; base.css is in every page.
STYLES = ("kit/assets/base.css", "kit/assets/corridor.css", "kit/assets/search.css")
#: End of an address that folium's map asks for -> the vendored file that replaces it.
_VENDORED = {
    "/leaflet.js": "kit/assets/leaflet/leaflet.js",
    "/leaflet.css": "kit/assets/leaflet/leaflet.css",
}
#: A page without any match loads nothing; a match in a text of the data may be harmless.
_SUSPECT = re.compile(
    r"(?:src|srcset|poster|data|background)\s*=|<use\b|<link(?! rel=\"icon\" href=\"data:,\">)|url\(|@import",
    re.IGNORECASE,
)
_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")


class OfflineMap(Map):
    """A folium map that needs only Leaflet: no jQuery, bootstrap or icon fonts."""

    default_js = [link for link in Map.default_js if link[0] == "leaflet"]  # noqa: RUF012
    default_css = [link for link in Map.default_css if link[0] == "leaflet_css"]  # noqa: RUF012
    _template = Template(
        """
        {% macro html(this, kwargs) %}<div class="folium-map" id="{{ this.get_name() }}"></div>{% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
                center: {{ this.location|tojson }}, crs: L.CRS.{{ this.crs }}, ...{{ this.options|tojavascript }}
            });
            {{ this.get_name() }}.attributionControl.setPrefix(false);
        {% endmacro %}
        """
    )

    def __init__(self, name: str, location: Sequence[float], zoom: int, **options: Any) -> None:
        super().__init__(location=location, zoom_start=zoom, tiles=None, prefer_canvas=True, **options)
        self._id = name


class Start(MacroElement):
    """Script that calls one of our JavaScript functions with the map it is added to."""

    _template = Template(
        "{% macro script(this, kwargs) %}{{ this.function }}({{ this._parent.get_name() }});{% endmacro %}"
    )

    def __init__(self, function: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id, self.function = "Start", "page", function


class OfflineFigure(Figure):
    """A page: its children's HTML and scripts in one of our templates, with a content security policy of hashes.

    Parameters
    ----------
    template
        File in corridor/pages/; it gets ``map`` and the context.
    scripts
        Files in corridor/pages/ to run before the children's own script.
    data
        Name -> data for the scripts: JSON text, or an object to write as JSON.
    context
        Values for the template, which escapes them.
    sectors
        Sectors of the tables, for their colours.
    styles
        Files in corridor/pages/ of this page alone, after :data:`STYLES`.
    """

    def __init__(
        self,
        template: str,
        scripts: Sequence[str],
        data: Mapping[str, Any],
        context: Mapping[str, Any],
        sectors: Sectors,
        styles: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.sectors, self.styles = sectors, tuple(styles)
        self.template, self.scripts, self.data, self.context = template, tuple(scripts), dict(data), dict(context)

    def render(self, **kwargs: Any) -> str:
        """The full page as HTML.

        Raises
        ------
        CorridorError
            If a child asks for an address without a vendored copy.
        """
        for child in self._children.values():
            child.render(**kwargs)
        styles: list[str] = []
        code: list[str] = []
        for child in self.header._children.values():
            for kind, text in _inline(child.render(**kwargs) if isinstance(child, Element) else ""):
                (styles if kind == "style" else code).append(text)
        code += [_asset(name) for name in self.scripts]
        own = self.script.render(**kwargs).strip()
        if own:
            code.append(own)
        styles += [*(_asset(name) for name in (*STYLES, *self.styles)), self.sectors.css()]
        return assemble(self.template, styles, code, self.data, self.context | {"map": self.html.render(**kwargs)})


def plain_page(
    template: str,
    styles: Sequence[str],
    context: Mapping[str, Any],
    *,
    sectors: Sectors,
    scripts: Sequence[str] = (),
    data: Mapping[str, Any] | None = None,
) -> str:
    """A page without a map.

    Parameters
    ----------
    template, context, sectors, scripts, data
        As for :class:`OfflineFigure`.
    styles
        Files in corridor/pages/.

    Raises
    ------
    CorridorError
        If the page would load anything from outside.
    """
    texts = [*(_asset(name) for name in styles), sectors.css()]
    if scripts:
        return assemble(template, texts, [_asset(name) for name in scripts], data or {}, context)
    bare = without_end_tags(assemble(template, [], [], data or {}, context))
    head, body = bare.split("</head>", 1)
    style = used_rules(" ".join(texts), body)
    head = head.replace(policy([], []), policy([style], []))
    page = f"{head}<style>{style}</style></head>{body}"
    check_offline(page)
    return page


def assemble(
    template: str,
    styles: Sequence[str],
    scripts: Sequence[str],
    data: Mapping[str, Any],
    context: Mapping[str, Any],
) -> str:
    """A rendered template with its styles and scripts inline, and a policy that allows only these.

    Raises
    ------
    CorridorError
        If the page would load anything from outside.
    """
    code = [_script_safe(text) for text in scripts]
    page: str = (
        environment()
        .get_template(template)
        .render(
            policy=policy(styles, code),
            styles=styles,
            scripts=code,
            data=[(name, json_text(value)) for name, value in data.items()],
            **context,
        )
    )
    check_offline(page)
    return page


@cache
def environment() -> Environment:
    """Jinja environment: values are escaped unless marked safe; a missing name is an error."""
    found = Environment(
        loader=PackageLoader("corridor.pages", "."),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals |= {"percent": percent, "percent_fine": percent_fine}
    return found


def policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """Content security policy: only these inline styles and scripts, and images inside the file."""

    def hashes(texts: Sequence[str]) -> str:
        found = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
        return " ".join(f"'sha256-{digest}'" for digest in found) or "'none'"

    return (
        f"default-src 'none'; script-src {hashes(scripts)}; style-src {hashes(styles)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def json_text(value: Any) -> str:
    """JSON that is safe inside a script element: without ``<``, ``>``, ``&`` and line separators."""
    text = (
        value
        if isinstance(value, str)
        else json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    )
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def check_offline(page: str) -> None:
    """Raise if the page would load anything from outside; links for readers are allowed.

    Raises
    ------
    CorridorError
        Naming every address found.
    """
    if not _SUSPECT.search(page):  # fast path: parsing hundreds of pages is slow
        return
    seen = _Requests()
    seen.feed(page)
    if seen.addresses:
        raise CorridorError(
            f"page loads addresses that are not vendored: {', '.join(sorted(set(seen.addresses)))}"
        )


class _Requests(HTMLParser):
    """Collects every address that a browser would load."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._style = tag == "style"
        for name, value in attrs:
            if not value or value.startswith(("data:", "#")):
                continue
            if name in {"src", "srcset", "poster", "data", "background"} or (
                name == "href" and tag in {"link", "use"}
            ):
                self.addresses.append(value)

    def handle_endtag(self, tag: str) -> None:
        self._style = False

    def handle_data(self, data: str) -> None:
        if self._style:
            self.addresses += [url for url in _URL.findall(data) if not url.startswith(("data:", "#"))]
            if "@import" in data.lower():
                self.addresses.append("@import")


class _Links(HTMLParser):
    """Collects scripts and styles of a part of a page's head, in order: (kind, address or None, text)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[list[Any]] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "link":
            self.found.append(["style", attributes.get("href"), ""])
        elif tag in {"script", "style"}:
            self.found.append([tag, attributes.get("src"), ""])
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.found[-1][2] += data


def _inline(head: str) -> list[tuple[str, str]]:
    links = _Links()
    links.feed(head)
    texts = []
    for kind, address, text in links.found:
        if address is not None:
            file = next((file for end, file in _VENDORED.items() if address.endswith(end)), None)
            if file is None:
                raise CorridorError(f"page asks for {address}, which has no copy in corridor/pages/kit/assets")
            text = _asset(file)
        if text.strip():
            texts.append((kind, text))
    return texts


@cache
def _asset(name: str) -> str:
    file = PAGES / name
    text = re.sub(r"//# sourceMappingURL=\S+", "", file.read_text(encoding="utf-8"))
    if file.suffix == ".css":
        text = _tight(text)
        text = _URL.sub(lambda found: f"url({_data_uri(file.parent, found[1])})", text)
    return text.strip()


def _tight(style: str) -> str:
    """A style sheet without comments and needless spaces: it is repeated in hundreds of pages."""
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    style = re.sub(r"\s+", " ", style)
    return re.sub(r"(?<=:) | ?([{};,]) ?", r"\1", style).replace(";}", "}")


def _data_uri(folder: Path, address: str) -> str:
    if address.startswith(("data:", "#")):
        return address
    file = folder / address
    if not file.is_file():
        raise CorridorError(f"style asks for {address}, which has no copy in corridor/pages/kit/assets")
    return f"data:image/{file.suffix[1:]};base64,{base64.b64encode(file.read_bytes()).decode()}"


def _script_safe(text: str) -> str:
    return re.sub(r"</(?=script)", r"<\\/", text, flags=re.IGNORECASE).strip()
