"""Codes of the Harmonized System as files write them -> digits, in SQL.

850760 is also written 8507.60, '850760, "8507 60", HS850760, 8507.6 (a spreadsheet dropped the zero), 850760.0
(a program read a number) or "850760 - Lithium-ion accumulators". What is none of these is no code.
"""

from __future__ import annotations

from corridor.data.databases import quoted

__all__ = ["TOTAL", "with_digits"]

TOTAL = "TOTAL"
"""Code of rows that hold the sum of all goods."""
_CODE = "(?:[0-9][0-9]){1,7}"
_TOTALS = ("TOTAL", "ALL", "ALLPRODUCTS", "ALLCOMMODITIES", "ALLGOODS", "TOTALALLPRODUCTS", "TOTALTRADE", "TO")
# quotes, apostrophes, the equals sign of ="850760", blanks
_NOISE = "''\u2019\u2018`\u00b4\"=\u00a0\u202f\ufeff\t "


def with_digits(column: str, rows: str) -> str:
    """SQL that adds to rows what their codes mean.

    Parameters
    ----------
    column
        Name of the column of codes.
    rows
        SQL of the table, as after FROM.

    Returns
    -------
    str
        A subquery: all columns of the rows, ``hs_code`` (digits, TOTAL, letters and digits of special goods, or
        NULL if the cell holds no code) and ``hs_level`` (number of digits; 0 for TOTAL, -1 for special goods). It
        never fails.
    """
    text = f"trim(CAST({quoted(column)} AS VARCHAR))"
    seen = f"(SELECT *, {text} AS hs_text, regexp_full_match({text}, '{_CODE}') AS hs_plain FROM {rows})"
    bare = f"(SELECT *, CASE WHEN hs_plain THEN hs_text ELSE {_bare('hs_text')} END AS hs_bare FROM {seen})"
    noted = f"(SELECT *, CASE WHEN hs_plain THEN hs_bare ELSE {_spelt('hs_bare')} END AS hs_noted FROM {bare})"
    code = (
        f"(SELECT *, CASE WHEN hs_plain THEN hs_noted ELSE {_with_zero('hs_noted')} END AS hs_code FROM {noted})"
    )
    return (
        f"(SELECT *, CASE WHEN hs_plain THEN length(hs_code) ELSE {_level('hs_code')} END AS hs_level FROM {code})"
    )


def _is_number(text: str) -> str:
    return f"regexp_full_match({text}, '[0-9]*')"


def _with_zero(code: str) -> str:
    """The leading zero of chapters 01 to 09, lost where codes were read as numbers.

    An odd number of digits has lost one if heading 01 to 14 follows, as in these chapters; nine digits are else a
    national code (Japan's), and other codes are none.
    """
    heading = f"TRY_CAST(substr({code}, 2, 2) AS INTEGER) BETWEEN 1 AND 14"
    return (
        f"CASE WHEN {code} = '' THEN NULL WHEN NOT ({_is_number(code)}) THEN {code}"
        f" WHEN length({code}) > 14 THEN NULL WHEN length({code}) % 2 = 0 THEN {code}"
        f" WHEN length({code}) = 1 OR {heading} THEN '0' || {code}"
        f" WHEN length({code}) >= 9 THEN {code} END"
    )


def _bare(text: str) -> str:
    """SQL of a cell without quotes, blanks, the word HS and a description.

    A code is followed by a description if letters stand after its first blank, dash or colon.
    """
    described = (
        "^([''\"=]*[0-9][0-9. ]*[0-9][''\"]*)( *[-\u2013\u2014:;] *| +)[-\u2013\u2014]? *[^0-9 .][^0-9 .].*$"
    )
    head = f"regexp_replace(upper({text}), '{described}', '\\1')"
    return (
        f"regexp_replace(translate({head}, '{_NOISE}', ''),"
        " '^(?:HSCODE|HTSUS|ITCHS|HTS|HS6|HS|CN8|CN|NCM)[-:_.]*([0-9])', '\\1')"
    )


def _spelt(x: str) -> str:
    """SQL of a code that is not only digits."""
    rows = [
        (r"[0-9]+", x),
        (r"[0-9]{5,}\.0+", f"regexp_replace({x}, '\\.0+$', '')"),
        (r"[0-9]{3,4}\.[1-9]", f"replace({x}, '.', '') || '0'"),
        (r"[0-9]{1,4}\.0", f"replace({x}, '.0', '')"),
        (r"[0-9]{3,4}\.[0-9]{2}(\.?[0-9]{2}){0,3}", f"replace({x}, '.', '')"),
        (r"[0-9]{3,4}\.[0-9]{2}0", f"replace(substr({x}, 1, strpos({x}, '.') + 2), '.', '')"),
        (r"[0-9]{2}\.[0-9]{4}", f"replace({x}, '.', '')"),
        (r"[0-9]{3,4}\.[0-9]{2}\.[0-9]{3,4}", f"replace({x}, '.', '')"),
        (r"[0-9]{1,2}\.[0-9]{2}(\.[0-9]{2}){0,3}", f"replace({x}, '.', '')"),
        (r"[0-9]{6}\.[0-9]{2}(\.[0-9]{2})?", f"replace({x}, '.', '')"),
        (r"[0-9]{4}(-[0-9]{2}){1,3}", f"replace({x}, '-', '')"),
        # 8.5076E5 is complete; 8.51E+05 was rounded for display and is not
        (r"[1-9]\.[0-9]+E[5-9]", _integer(x)),
        (r"[1-9]\.[0-9]{3,5}E\+0?5", _integer(x)),
        (r"[1-9]\.[0-9]{6,}E\+0?[6-9]", _integer(x)),
        # special and confidential goods: 9999AA, 98SSSS, 8507MM
        (r"9[89][0-9A-Z]+|[0-9]{2,6}(SS|MM|XX)[A-Z]*", x),
    ]
    totals = ", ".join(f"'{word}'" for word in _TOTALS)
    cases = " ".join(f"WHEN regexp_full_match({x}, '{pattern}') THEN {result}" for pattern, result in rows)
    return f"CASE {cases} WHEN translate({x}, '-:_.', '') IN ({totals}) THEN '{TOTAL}' END"


def _integer(x: str) -> str:
    number = f"TRY_CAST({x} AS DOUBLE)"
    return f"CASE WHEN {number} = round({number}) THEN CAST(CAST({number} AS BIGINT) AS VARCHAR) END"


def _level(code: str) -> str:
    return (
        f"CASE WHEN {code} IS NULL THEN NULL WHEN {code} = '{TOTAL}' THEN 0"
        f" WHEN {_is_number(code)} THEN length({code}) ELSE -1 END"
    )
