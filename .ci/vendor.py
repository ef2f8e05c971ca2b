"""Copy the browser libraries and the fonts of packs out of node_modules.

    python .ci/vendor.py

static/vendor/ and diary/pack/fonts/ are rebuilt each time and never committed. Files are copied byte for byte, with two
exceptions: @hpke/core names @hpke/common by a bare specifier, which a worker cannot resolve (import maps do not apply
in workers), so that specifier becomes a relative path; and fonts lose their SVG drawings (`strip_svg_table`).
Declaration files (.d.ts, .d.mts) are beside the modules for `tsc`; no page requests them.
"""

from __future__ import annotations

import re
import shutil
import struct
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# In a build of the wheel this is a link to the packages that set-up fetched.
MODULES = (ROOT / "node_modules").resolve()
VENDOR = ROOT / "static" / "vendor"
FONTS = ROOT / "diary" / "pack" / "fonts"

# (package folder, its modules as published, folder in static/vendor/). Modules that these import are copied too.
BROWSER_PACKAGES = (
    (
        "lit-html",
        (
            "lit-html.js",
            "directives/if-defined.js",
            "directives/keyed.js",
            "directives/live.js",
            "directives/ref.js",
            "directives/repeat.js",
        ),
        "lit-html",
    ),
    ("idb/build", ("index.js",), "idb"),
    ("hash-wasm/dist", ("argon2.umd.min.js",), "hash-wasm"),
    ("@noble/hashes", ("sha2.js", "hmac.js", "argon2.js"), "noble-hashes"),
    ("@hpke/core/esm", ("mod.js",), "hpke-core"),
    ("@hpke/common/esm", ("mod.js",), "hpke-common"),
    ("fflate/esm", ("browser.js",), "fflate"),
    ("postal-mime/dist/esm", ("postal-mime.js",), "postal-mime"),
    ("uqr/dist", ("index.mjs",), "uqr"),
)
FONT_FILES = (
    "noto-sans/400Regular/NotoSans_400Regular.ttf",
    "noto-sans/400Regular_Italic/NotoSans_400Regular_Italic.ttf",
    "noto-sans/700Bold/NotoSans_700Bold.ttf",
    "noto-sans-mono/400Regular/NotoSansMono_400Regular.ttf",
    "noto-nastaliq-urdu/400Regular/NotoNastaliqUrdu_400Regular.ttf",
    "noto-nastaliq-urdu/700Bold/NotoNastaliqUrdu_700Bold.ttf",
    "noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf",
    "noto-sans-arabic/700Bold/NotoSansArabic_700Bold.ttf",
    "noto-sans-gurmukhi/400Regular/NotoSansGurmukhi_400Regular.ttf",
    "noto-sans-gurmukhi/700Bold/NotoSansGurmukhi_700Bold.ttf",
    "noto-sans-bengali/400Regular/NotoSansBengali_400Regular.ttf",
    "noto-sans-bengali/700Bold/NotoSansBengali_700Bold.ttf",
    "noto-sans-devanagari/400Regular/NotoSansDevanagari_400Regular.ttf",
    "noto-sans-devanagari/700Bold/NotoSansDevanagari_700Bold.ttf",
    "noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",
    "noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf",
    "noto-sans-math/400Regular/NotoSansMath_400Regular.ttf",
    "noto-sans-symbols/400Regular/NotoSansSymbols_400Regular.ttf",
    "noto-sans-symbols-2/400Regular/NotoSansSymbols2_400Regular.ttf",
    "noto-color-emoji/400Regular/NotoColorEmoji_400Regular.ttf",
)
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*(['"])(\.{1,2}/[^'"]+)\1""")
HPKE_COMMON = re.compile(r"""(['"])@hpke/common\1""")
WORD_LIST_LITERAL = re.compile(r"`([a-z\n]+)`")


def reachable_modules(folder: Path, entry_names: tuple[str, ...]) -> set[Path]:
    """Return `entry_names` and the modules in `folder` that they import, as absolute paths."""
    visited: set[Path] = set()
    queue = [folder / name for name in entry_names]
    while queue:
        path = queue.pop()
        if path in visited:
            continue
        if not path.is_file():
            raise SystemExit(f"node_modules/{path.relative_to(MODULES)} is missing; run `make setup`")
        visited.add(path)
        imports = IMPORT.findall(path.read_text())
        queue.extend((path.parent / name).resolve() for _, name in imports)
    return visited


def declaration_path(module: Path) -> Path:
    """Return the path at which `tsc` expects the types of a module: .d.ts for .js, .d.mts for .mjs."""
    return module.with_suffix(".d.mts" if module.suffix == ".mjs" else ".d.ts")


def with_declarations(folder: Path, modules: set[Path]) -> set[Path]:
    """Return `modules` and every declaration file that they or their declarations name."""
    queue = [path for module in modules if (path := declaration_path(module)).is_file()]
    visited = set(modules)
    while queue:
        path = queue.pop()
        if path in visited:
            continue
        visited.add(path)
        for _, name in IMPORT.findall(path.read_text()):
            target = (path.parent / name).resolve()
            stem = target.with_suffix("") if target.suffix == ".js" else target
            declaration_file = stem.with_name(stem.name + ".d.ts")
            if declaration_file.is_file() and folder in declaration_file.parents:
                queue.append(declaration_file)
    return visited


def copy_browser_libraries() -> None:
    """Write static/vendor/: modules, their declarations and their licences."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for package, entry_names, name in BROWSER_PACKAGES:
        source = MODULES / package
        for path in sorted(with_declarations(source, reachable_modules(source, entry_names))):
            target = VENDOR / name / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            path_to_vendor = "../" * len(path.relative_to(source).parts)
            content = path.read_bytes()
            if b"@hpke/common" in content:
                content = HPKE_COMMON.sub(f'"{path_to_vendor}hpke-common/mod.js"', content.decode()).encode()
            target.write_bytes(content)
        package_folder = MODULES / "/".join(package.split("/")[: 2 if package.startswith("@") else 1])
        for licence in sorted(package_folder.glob("LICEN[CS]E*")):
            shutil.copyfile(licence, VENDOR / name / "LICENSE.txt")


def write_word_list() -> None:
    """Write the 2,048 English words of BIP 39 to words-en.txt, one a line, and to words-en.js for workers."""
    text = (MODULES / "@scure/bip39/wordlists/english.js").read_text()
    match = WORD_LIST_LITERAL.search(text)
    words = match.group(1).split("\n") if match else []
    if len(words) != 2048 or words != sorted(set(words)):
        raise SystemExit("the word list of @scure/bip39 is not the 2,048 sorted words expected")
    (VENDOR / "words-en.txt").write_text("\n".join(words) + "\n")
    (VENDOR / "words-en.js").write_text(f"export default `{' '.join(words)}`.split(' ');\n")
    (VENDOR / "words-en.d.ts").write_text("declare const words: string[];\nexport default words;\n")


def strip_svg_table(font: bytes) -> bytes:
    """Return a TrueType font without its table of SVG drawings.

    Each emoji is in the font twice, as coloured outlines and as SVG. typst draws the outlines, and the pages are equal
    to the byte without the SVG. The drawings are 20 of 25 MB, which every document with an emoji would keep in memory.
    """
    (count,) = struct.unpack_from(">H", font, 4)
    table_rows = [row for row in struct.iter_unpack(">4sIII", font[12 : 12 + 16 * count]) if row[0] != b"SVG "]
    if len(table_rows) == count:
        return font
    power = 1 << (len(table_rows).bit_length() - 1)
    font_header = font[:4] + struct.pack(
        ">HHHH", len(table_rows), power * 16, power.bit_length() - 1, (len(table_rows) - power) * 16
    )
    data_offset, directory, tables = 12 + 16 * len(table_rows), b"", b""
    for tag, checksum, start, length in table_rows:
        directory += struct.pack(">4sIII", tag, checksum, data_offset + len(tables), length)
        tables += font[start : start + length] + bytes(-length % 4)
    return font_header + directory + tables


def copy_fonts() -> None:
    """Write diary/pack/fonts/: the fonts of packs and their licence."""
    shutil.rmtree(FONTS, ignore_errors=True)
    FONTS.mkdir(parents=True)
    for name in FONT_FILES:
        font = (MODULES / "@expo-google-fonts" / name).read_bytes()
        (FONTS / Path(name).name).write_bytes(strip_svg_table(font))
    shutil.copyfile(MODULES / "@expo-google-fonts/noto-sans/LICENSE_FONT", FONTS / "LICENSE_FONT.txt")


if __name__ == "__main__":
    copy_browser_libraries()
    write_word_list()
    copy_fonts()
