"""Make the font of the figures 图用字体: Noto Sans SC cut down to GB 2312, Latin and signs, with TrueType outlines.

Done once; the result is kept in sim/data/fonts, so nobody needs this to use or to test the package:

    pip install fonttools==4.68.0 pylopdf-fonts-zh-cn==0.1.1
    python docs/make_font.py

Why TrueType: matplotlib embeds the cubic (CFF) outlines of the original badly in PDF files; quadratic ones are embedded
whole and stay searchable. The family is renamed, so that a Noto Sans SC installed on a reader's machine is never taken
for this one. The same inputs give the same bytes.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, newTable

SOURCE = "pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"
TARGET = Path(__file__).parents[1] / "sim" / "data" / "fonts" / "LianjianSansSC-Regular.ttf"
FAMILY = "Lianjian Sans SC"
LARGEST_ERROR = 0.5
"""Of a thousandth of the em: how far a quadratic outline may stray from the cubic one."""
RANGES = (
    (0x20, 0x7E),  # Latin
    (0xA0, 0x17F),  # Latin-1 and Latin Extended-A
    (0x2010, 0x2030),  # dashes, quotation marks, dots
    (0x2032, 0x2033),
    (0x2070, 0x209F),  # superscripts and subscripts
    (0x2100, 0x214F),  # signs like №, ℃
    (0x2190, 0x2199),  # arrows
    (0x2200, 0x22FF),  # mathematics
    (0x3000, 0x303F),  # Chinese punctuation
    (0x3380, 0x33DF),  # squared units
    (0xFF00, 0xFFEF),  # full-width forms
)


def main() -> None:
    """Subset, convert, rename, save."""
    with (files(SOURCE[0]) / SOURCE[1]).open("rb") as file:
        font = TTFont(file, lazy=False, recalcTimestamp=False)
    options = Options()
    options.layout_features = ["kern", "mark", "mkmk"]
    options.drop_tables += ["BASE", "VORG", "vhea", "vmtx", "DSIG", "GPOS", "GSUB", "GDEF"]
    options.name_IDs = ["*"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted())
    subsetter.subset(font)
    to_quadratic(font)
    rename(font)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    font.save(TARGET)
    print(f"{TARGET}: {len(font.getBestCmap())} characters, {TARGET.stat().st_size / 1e6:.2f} MB")


def wanted() -> set[int]:
    """Every character of GB 2312 (6,763 Chinese ones, Greek, Cyrillic, kana, signs) and the ranges above."""
    found = {code for first, last in RANGES for code in range(first, last + 1)}
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes((row, cell)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


def to_quadratic(font: TTFont) -> None:
    """Replace the CFF table by glyf and loca."""
    glyphs = font.getGlyphSet()
    order = font.getGlyphOrder()
    drawn = {}
    for name in order:
        pen = TTGlyphPen(None)
        glyphs[name].draw(Cu2QuPen(pen, LARGEST_ERROR * font["head"].unitsPerEm / 1000, reverse_direction=True))
        drawn[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = order, drawn
    font["hmtx"].metrics = {
        name: (width, getattr(drawn[name], "xMin", 0) if drawn[name].numberOfContours else 0)
        for name, (width, _) in font["hmtx"].metrics.items()
        if not drawn[name].recalcBounds(font["glyf"])
    }
    del font["CFF "]
    maxp = font["maxp"] = newTable("maxp")
    maxp.tableVersion = 0x00010000
    zero = ("maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs")
    zero += ("maxStackElements", "maxSizeOfInstructions", "maxComponentElements", "maxComponentDepth")
    for field in (*zero, "maxPoints", "maxContours", "maxCompositePoints", "maxCompositeContours"):
        setattr(maxp, field, 0)
    maxp.maxZones, maxp.numGlyphs = 1, len(order)
    post = font["post"]
    post.formatType, post.extraNames, post.mapping, post.glyphOrder = 3.0, [], {}, order
    font.sfntVersion = "\000\001\000\000"


def rename(font: TTFont) -> None:
    """A family name of our own; copyright and licence stay."""
    names = {1: FAMILY, 2: "Regular", 3: f"{FAMILY} Regular 1", 4: f"{FAMILY} Regular", 6: "LianjianSansSC-Regular"}
    kept = [record for record in font["name"].names if record.nameID in (0, 5, 13, 14)]
    font["name"].names = [record for record in kept if record.langID in (0, 0x409)]
    for number, text in names.items():
        font["name"].setName(text, number, 3, 1, 0x409)


if __name__ == "__main__":
    main()
