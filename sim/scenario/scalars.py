"""Unquoted scalars by the YAML 1.2 core rules: ``1e3`` is a number, ``NO`` and ``12:30`` are text."""

from __future__ import annotations

import re

from sim.scenario.problems import shown

MAX_DIGITS = 18
"""Digits of a whole number: more would not survive as a float."""
Scalar = str | int | float | bool | None

_CONSTANTS: dict[str, Scalar] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_CONSTANTS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_CONSTANTS |= {text: float("nan") for text in (".nan", ".NaN", ".NAN")}
_CONSTANTS |= {sign + text: float("inf") for sign in ("", "+") for text in (".inf", ".Inf", ".INF")}
_CONSTANTS |= {"-" + text: float("-inf") for text in (".inf", ".Inf", ".INF")}
_WHOLE = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?")


def plain_scalar(text: str) -> tuple[Scalar, str]:
    """Value of an unquoted scalar by the YAML 1.2 core rules, and why it is refused ('' where it is not)."""
    if text in _CONSTANTS:
        return _CONSTANTS[text], ""
    if _LEADING_ZERO.fullmatch(text):
        without = re.sub(r"^([-+]?)0+(?=[0-9])", r"\1", text)
        return text, f"{shown(text)} begins with 0; write {without}, or put text in quotes"
    if _DATE.fullmatch(text):
        return (
            text,
            f"{shown(text)} is a date; write a year (2015) or a quarter (2015Q3), or put text in quotes",
        )
    if _WHOLE.fullmatch(text) or _OTHER_BASE.fullmatch(text):
        if len(text) > MAX_DIGITS:
            return text, f"a whole number of {len(text)} digits is too long (at most {MAX_DIGITS})"
        return int(text, 0 if text[:2] in ("0o", "0x") else 10), ""
    if _FLOAT.fullmatch(text):
        return float(text), ""
    return text, ""
