"""Fonts 字体: one that is shipped for both languages, any of a reader's own before it, DejaVu Sans after it.

Every character is looked up before anything is drawn: one that no font has is an error that names it, never an empty box.
Fonts are known by their file, so a font of the same name on somebody's machine changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from sim.report.figures.errors import FigureError

SHIPPED = Path(__file__).parents[2] / "data" / "fonts" / "LianjianSansSC-Regular.ttf"
TRUETYPE = (b"\x00\x01\x00\x00", b"true")
POINTS_PER_MM = 72.0 / 25.4
CLINGING = "·，。、）；：%/"
"""Signs that no line may start with."""
UNBROKEN = ("不变价", "万元", "三分之一", "无政策", "资金")
"""Words in which no line may end."""


def families(own: Path | None = None) -> tuple[str, ...]:
    """Names under which matplotlib finds the fonts, in the order in which a character is looked up."""
    return tuple(_registered(path) for path in files(own))


def files(own: Path | None = None) -> tuple[Path, ...]:
    """Files of those fonts. Raises FigureError where ``own`` is not a TrueType font."""
    from matplotlib import get_data_path

    last = Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    if own is None:
        return SHIPPED, last
    _refuse_other_outlines(own)
    return own, SHIPPED, last


def refuse_missing(texts: Iterable[str], own: Path | None = None) -> None:
    """Raise FigureError where no font has a character of a text."""
    known = [_characters(path) for path in files(own)]
    for text in texts:
        for character in text:
            if character != "\n" and not any(ord(character) in characters for characters in known):
                raise FigureError(
                    f"no font here has the character {character} (U+{ord(character):04X}) of {' '.join(text.split())!r}; "
                    "name a TrueType font that has it: --font FILE.ttf"
                )


def width(text: str, points: float, own: Path | None = None) -> float:
    """Width of a line in mm when it is set at this size."""
    fonts = files(own)
    return sum(_advance(next((f for f in fonts if ord(c) in _characters(f)), fonts[-1]), c) for c in text) * (
        points / POINTS_PER_MM
    )


def wrapped(text: str, points: float, limit: float, own: Path | None = None) -> str:
    """The text in lines of at most ``limit`` mm: broken at spaces, after hyphens, between Chinese characters; a word
    that is too long anywhere.
    """
    lines, line = [], ""
    for part in _parts(text):
        for piece in [part] if width(part.rstrip(), points, own) <= limit else part:
            if line and width((line + piece).rstrip(), points, own) > limit:
                lines.append(line.rstrip())
                line = ""
            line += piece
    return "\n".join([*lines, line.rstrip()])


def _parts(text: str) -> list[str]:
    """Pieces between which a line may end; none starts with a sign that belongs to what stands before it."""
    parts = [""]
    inside = {place + n for word in UNBROKEN for place in _places(word, text) for n in range(len(word) - 1)}
    for place, character in enumerate(text):
        parts[-1] += character
        following = text[place + 1 : place + 2]
        ends = character in " -，" or (_is_chinese(character) and _is_chinese(following))
        if ends and following not in CLINGING and place not in inside:
            parts.append("")
    return [part for part in parts if part]


def _places(word: str, text: str) -> list[int]:
    return [place for place in range(len(text)) if text.startswith(word, place)]


def _is_chinese(character: str) -> bool:
    return "\u2e80" <= character[:1] <= "\u9fff" or character == "（"


@lru_cache
def _registered(path: Path) -> str:
    """Make matplotlib know a font by a name that no other font has."""
    from dataclasses import replace

    from matplotlib import font_manager

    found = font_manager.ttfFontProperty(_font(path))
    name = f"lianjian {path.resolve()}"
    entry = replace(found, name=name, style="normal", variant="normal", weight=400, stretch="normal")
    font_manager.fontManager.ttflist.append(entry)
    return name


@lru_cache
def _font(path: Path) -> Any:
    from matplotlib.ft2font import FT2Font

    try:
        return FT2Font(str(path))
    except (OSError, RuntimeError) as error:
        raise FigureError(f"{path} cannot be read as a font: {str(error).splitlines()[0]}") from None


@lru_cache
def _characters(path: Path) -> frozenset[int]:
    return frozenset(_font(path).get_charmap())


@lru_cache(maxsize=8192)
def _advance(path: Path, character: str) -> float:
    """Width of a character in ems."""
    from matplotlib.ft2font import LoadFlags

    if ord(character) not in _characters(path):
        return 1.0  # told by refuse_missing
    font = _font(path)
    font.set_size(100, 72)
    glyph = font.load_char(ord(character), flags=LoadFlags.NO_HINTING)
    return float(glyph.linearHoriAdvance) / 65536.0 / 100.0


def _refuse_other_outlines(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise FigureError(f"{path} cannot be read: {error.strerror}") from None
    if start not in TRUETYPE:
        kind = {b"OTTO": "has CFF outlines (.otf)", b"ttcf": "is a collection of fonts (.ttc)"}
        raise FigureError(f"{path} {kind.get(start, 'is not a font')}; PDF files need a single TrueType font (.ttf)")


def texts_of(figure: Any) -> Sequence[str]:
    """Everything that a figure says, as far as it is known before it is drawn."""
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]
