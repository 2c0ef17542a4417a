#!/usr/bin/env python3
"""Makes the two Chinese fonts of this folder from Debian's `fonts-noto-cjk`.

    apt-get install fonts-noto-cjk && pip install fonttools==4.68.0 && ./make_fonts.py

Both are Noto CJK SC (SIL OFL 1.1) reduced to GB 2312, Latin-1 and common symbols. The result is a
Modified Version under the licence, so it carries names of its own: "Noto" is a trademark and must
not point users of the full fonts here. The same input gives the same bytes.
"""

import pathlib

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection

SOURCE = pathlib.Path("/usr/share/fonts/opentype/noto")
HERE = pathlib.Path(__file__).resolve().parent
SIMPLIFIED_CHINESE = 2  # index of the SC face in both collections
FONTS = [
    # collection, output, family, PostScript name
    ("NotoSerifCJK-Regular.ttc", "yinxin-song.otf", "Yinxin Song", "YinxinSong-Regular"),
    ("NotoSansCJK-Regular.ttc", "yinxin-hei.otf", "Yinxin Hei", "YinxinHei-Regular"),
]


def gb2312():
    """All 6763 hanzi and 682 symbols of GB/T 2312-1980."""
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                yield ord(bytes([high, low]).decode("gb2312"))
            except UnicodeDecodeError:
                continue


def repertoire():
    points = set(gb2312())
    for first, last in [
        (0x0020, 0x007E),  # ASCII
        (0x00A0, 0x00FF),  # Latin-1
        (0x2010, 0x2027),  # dashes, quotation marks, ellipsis
        (0x2460, 0x2473),  # circled numbers
        (0x2500, 0x257F),  # box drawing
        (0x3000, 0x3017),  # CJK punctuation
        (0xFF01, 0xFF5E),  # full-width forms
        (0xFFE0, 0xFFE5),
    ]:
        points.update(range(first, last + 1))
    # ‰ ′ ″ ※ € № ™ ← ↑ → ↓ ■ □ ● ○ ★ ☆ ✓
    points.update([0x2030, 0x2032, 0x2033, 0x203B, 0x20AC, 0x2116, 0x2122])
    points.update([0x2190, 0x2191, 0x2192, 0x2193, 0x25A0, 0x25A1, 0x25CF, 0x25CB])
    points.update([0x2605, 0x2606, 0x2713])
    return points


def rename(font, family, postscript):
    wanted = {1: family, 2: "Regular", 3: f"1.0;{postscript}", 4: family, 6: postscript}
    table = font["name"]
    # 0 copyright, 5 version, 13 and 14 licence stay; trademark and maker's texts go.
    table.names = [record for record in table.names if record.nameID in (0, 5, 13, 14)]
    for identifier, text in wanted.items():
        table.setName(text, identifier, 3, 1, 0x409)
    top = font["CFF "].cff
    top.fontNames = [postscript]
    dictionary = top.topDictIndex[0]
    dictionary.FullName = family
    dictionary.FamilyName = family
    dictionary.rawDict.pop("Notice", None)


def main():
    total = 0
    for collection, output, family, postscript in FONTS:
        font = TTCollection(SOURCE / collection).fonts[SIMPLIFIED_CHINESE]
        font.recalcTimestamp = False
        options = Options()
        options.hinting = False
        options.layout_features = []
        options.name_IDs = ["*"]
        options.notdef_outline = True
        options.drop_tables += ["BASE", "DSIG", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=repertoire())
        subsetter.subset(font)
        rename(font, family, postscript)
        font.save(HERE / output)
        size = (HERE / output).stat().st_size
        total += size
        print(f"{output}: {len(font.getBestCmap())} characters, {size} bytes")
    assert total <= 4_000_000, f"{total} bytes: the limit of the repository is 4 MB"


if __name__ == "__main__":
    main()
