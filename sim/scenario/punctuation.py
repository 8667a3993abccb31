"""Full-width punctuation where YAML needs ASCII: a Chinese keyboard types it, and no parser names it."""

from __future__ import annotations

import re

INSTEAD = {
    "：": ("colon", "':' and a space"),
    "，": ("comma", "',' and a space"),
    "｛": ("brace", "'{'"),
    "｝": ("brace", "'}'"),
    "［": ("bracket", "'['"),
    "］": ("bracket", "']'"),
}
_TOKENS = re.compile(r"""(?<![^\s\[{(,:：，｛［])("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(?<!\S)(#.*)|([：，｛｝［］])""")
"""Quoted text, comments, and what is looked for outside of both."""


def full_width(line: str) -> tuple[int, str] | None:
    """Column (from 1) and words for the first full-width sign of a line outside quotes and comments."""
    for found in _TOKENS.finditer(line):
        sign = found[3]
        if sign:
            name, instead = INSTEAD[sign]
            return found.start() + 1, f"a full-width {name} '{sign}'; YAML needs {instead}"
    return None


def full_width_lines(text: str) -> dict[int, str]:
    """Words to add to an error, by the number of each line that holds such a sign."""
    if not any(sign in text for sign in INSTEAD):
        return {}
    found = {place: full_width(line) for place, line in enumerate(text.splitlines(), 1)}
    return {place: f"{hint[1]} (column {hint[0]})" for place, hint in found.items() if hint}
