"""Pages made smaller without a change of what is shown: unused style rules and optional end tags are left out.

There are hundreds of pages of components and countries, and each is one file that works alone. Only pages without
scripts are made smaller: what a script adds to a page is not known here.
"""

from __future__ import annotations

import re
from functools import cache

#: Parts of a selector that a page must hold for the rule to matter.
_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
_ID = re.compile(r"#([A-Za-z_][\w-]*)")
_TAG = re.compile(r"(?:^|[\s>+~])([a-z][a-z0-9]*)")
_ATTRIBUTE = re.compile(r"\[([a-z-]+)(?:[~|^$*]?=\"([^\"]*)\")?\]")
#: Functions and pseudo-classes: their arguments need not be in the page (``:not(.x)``).
_FUNCTION = re.compile(r":{1,2}[a-z-]+(\((?:[^()]|\([^()]*\))*\))?")
_WORDS = re.compile(r"class=\"([^\"]*)\"")
_IDS = re.compile(r"\sid=\"([^\"]*)\"")
_TAGS = re.compile(r"<([a-z][a-z0-9]*)")
#: Selectors of a rule: text, classes, ids and tags that a page must hold, attributes that it must hold as text.
_Selectors = tuple[tuple[str, frozenset[str], tuple[str, ...]], ...]
#: End tags that HTML does not need before what follows (HTML Living Standard, 13.1.2.4).
_END_TAGS = (
    (re.compile(r"</(?:td|th)>\s*(?=<(?:td|th)[\s>]|</tr>)"), ""),
    (re.compile(r"</tr>\s*(?=<tr[\s>]|</(?:tbody|thead|table)>)"), ""),
    (re.compile(r"</tbody>\s*(?=</table>)"), ""),
    (re.compile(r"</thead>\s*(?=<tbody[\s>])"), ""),
    (re.compile(r"</li>\s*(?=<li[\s>]|</(?:ul|ol)>)"), ""),
    (re.compile(r"</d[td]>\s*(?=<d[td][\s>]|</dl>)"), ""),
    (re.compile(r">\n\s*(?=<)"), ">\n"),
)


def without_end_tags(page: str) -> str:
    """The page without end tags that HTML does not need, and without indents."""
    for pattern, replacement in _END_TAGS:
        page = pattern.sub(replacement, page)
    return page


def used_rules(style: str, page: str) -> str:
    """The rules of a style sheet that can match something in the page's HTML.

    Parameters
    ----------
    style
        A style sheet without comments.
    page
        HTML without scripts.

    Returns
    -------
    str
        The rules in their order, each with those of its selectors that may match; rules without a selector stay.
    """
    known = {
        "html",
        "body",
        *(f".{word}" for words in _WORDS.findall(page) for word in words.split()),
        *(f"#{name}" for name in _IDS.findall(page)),
        *_TAGS.findall(page),
    }
    out = []
    for media, rules in _parsed(style):
        kept = [text for selectors, body in rules if (text := _kept(selectors, body, known, page))]
        if kept:
            out.append(f"{media}{{{''.join(kept)}}}" if media else "".join(kept))
    return "".join(out)


def _kept(selectors: _Selectors, body: str, known: set[str], page: str) -> str:
    found = [
        text for text, needs, attributes in selectors if needs <= known and all(one in page for one in attributes)
    ]
    return f"{','.join(found)}{{{body}}}" if found else ""


@cache
def _parsed(style: str) -> list[tuple[str, list[tuple[_Selectors, str]]]]:
    """Rules by media query, in order: (query or "", [(selectors with what they need, declarations)])."""
    out: list[tuple[str, list[tuple[_Selectors, str]]]] = []
    position = 0
    while position < len(style):
        opened = style.find("{", position)
        if opened < 0:
            break
        head = style[position:opened].strip()
        closed = _closing(style, opened)
        body = style[opened + 1 : closed]
        if head.startswith("@") and "{" in body:
            out.append((head, [rule for _, rules in _parsed(body) for rule in rules]))
        else:
            out.append(("", [(_selectors(head), body)]))
        position = closed + 1
    return out


def _closing(style: str, opened: int) -> int:
    """Position of the bracket that closes the one at `opened`."""
    depth = 0
    for position in range(opened, len(style)):
        depth += {"{": 1, "}": -1}.get(style[position], 0)
        if depth == 0:
            return position
    return len(style)


def _selectors(head: str) -> _Selectors:
    """Selectors of a rule with the classes, ids and tags, and the attributes as text, that a page must hold."""
    out = []
    for one in re.split(r",(?![^(]*\))", head):
        plain = _FUNCTION.sub("", one)
        attributes = tuple(
            f' {name}="{value}"' if value else f" {name}" for name, value in _ATTRIBUTE.findall(plain)
        )
        bare = _ATTRIBUTE.sub("", plain)
        needs = frozenset(
            {
                *(f".{name}" for name in _CLASS.findall(bare)),
                *(f"#{name}" for name in _ID.findall(bare)),
                *(() if one.startswith("@") else _TAG.findall(bare)),
            }
        )
        out.append((one.strip(), needs, attributes))
    return tuple(out)
