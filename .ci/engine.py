"""Build static/engine/: what a browser needs to lay out the pages of a pack, and to read the words in a picture.

    python .ci/engine.py

- pyodide/: CPython for browsers, typst/: the typesetter for browsers, and pdfium/: what draws the pages of letters, byte
  for byte as published but for python_stdlib.zip, whose modules are compiled. What compresses well is stored compressed
  (.gz), as it is sent.
- pages.zip: the modules of diary/pack/browser/preparation.py, compiled, its templates and data, the time zones, and of
  each font the table of its characters.
- reader/: what reads the words in a picture (tesseract), twice: browsers without 128-bit vectors (SIMD) need a program
  of their own. The published scripts export nothing, so each gets one line that does. A language's data is unpacked:
  it is stored and sent compressed like the rest.
- digests.json: the SHA-256 of each file as a browser gets it, by path. The fonts are in it too: they are served from
  diary/pack/fonts/.

Equal inputs give equal bytes. Needs Node, the packages of package-lock.json, the fonts, the languages and tzdata.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import io
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = (ROOT / "node_modules").resolve()
ENGINE = ROOT / "static" / "engine"
FONTS = ROOT / "diary" / "pack" / "fonts"
COMPILE_SCRIPT = ROOT / ".ci" / "compile_python.mjs"
TYPST_PACKAGE = "@myriaddreamin/typst-ts-web-compiler/pkg"
# (published file, path in static/engine/). Their own dates and names do not reach a browser.
PUBLISHED_FILES = (
    ("pyodide/pyodide.mjs", "pyodide/pyodide.mjs"),
    ("pyodide/pyodide.asm.mjs", "pyodide/pyodide.asm.mjs"),
    ("pyodide/pyodide.asm.wasm", "pyodide/pyodide.asm.wasm"),
    ("@embedpdf/pdfium/dist/index.browser.js", "pdfium/pdfium.mjs"),
    ("@embedpdf/pdfium/dist/pdfium.wasm", "pdfium/pdfium.wasm"),
    (f"{TYPST_PACKAGE}/typst_ts_web_compiler.mjs", "typst/typst_ts_web_compiler.mjs"),
    (f"{TYPST_PACKAGE}/typst_ts_web_compiler_bg.wasm", "typst/typst_ts_web_compiler_bg.wasm"),
)
READER_PROGRAMS = (("tesseract-core-simd-lstm", "simd"), ("tesseract-core-lstm", "plain"))
# The data with 8-bit weights: a quarter of the published default, and the program's own choice for reading on phones.
READER_LANGUAGES = tuple(
    (f"@tesseract.js-data/{code}/4.0.0_best_int/{code}.traineddata.gz", code) for code in ("eng", "cym", "pol", "urd")
)
READER_EXPORT = b"\nexport default TesseractCore;\n"
# python_stdlib.zip is compressed in itself, and fonts are served as they are.
COMPRESSED_SUFFIXES = (".mjs", ".wasm", ".traineddata")
# The archives with Python modules, and the folder of each in the browser (Pyodide and prepare.ts).
STANDARD_LIBRARY, STANDARD_LIBRARY_FOLDER = "pyodide/python_stdlib.zip", "/lib/python314.zip"
PAGES_ARCHIVE, PAGES_FOLDER = "pages.zip", "/kept"
ENTRY_MODULE = "diary.pack.browser.preparation"
LIST_MODULES = (
    "import importlib, json, sys; importlib.import_module(sys.argv[1]);"
    "print(json.dumps(sorted(m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'diary')))"
)
DATA_PATTERNS = (
    "constants.json",
    "record/*.json",
    "pack/tables/*.json",
    "pack/documents/*.typ",
    "locale/*.asked.json",
)
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def imported_modules() -> list[Path]:
    """Return the files of all modules of this package that the preparation imports. It must import no other package."""
    result = subprocess.run(
        [sys.executable, "-c", LIST_MODULES, ENTRY_MODULE], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [Path(name) for name in json.loads(result.stdout)]


def characters_only(font: bytes) -> bytes:
    """Return a font file with the table of characters (cmap) and no other: it tells what the font has."""
    (count,) = struct.unpack_from(">H", font, 4)
    for tag, checksum, start, length in struct.iter_unpack(">4sIII", font[12 : 12 + 16 * count]):
        if tag == b"cmap":
            header = font[:4] + struct.pack(">HHHH", 1, 16, 0, 0)
            return header + struct.pack(">4sIII", tag, checksum, 28, length) + font[start : start + length]
    raise SystemExit("a font has no table of characters")


def empty_package_list() -> bytes:
    """Return the list of packages that Pyodide may fetch, without any: the preparation needs none."""
    published = json.loads((MODULES / "pyodide" / "pyodide-lock.json").read_text(encoding="utf-8"))
    return json.dumps({"info": published["info"], "packages": {}}, sort_keys=True).encode()


def time_zones() -> dict[str, bytes]:
    """Return the files of the package tzdata."""
    spec = importlib.util.find_spec("tzdata")
    if spec is None or spec.origin is None:
        raise SystemExit("engine: the package tzdata is missing")
    folder = Path(spec.origin).parent
    paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {f"tzdata/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in paths}


def pages_archive() -> bytes:
    """Return pages.zip with its modules as source."""
    members = time_zones()
    data_files = (path for pattern in DATA_PATTERNS for path in (ROOT / "diary").glob(pattern))
    for path in (*imported_modules(), *data_files):
        members[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    for path in FONTS.glob("*.ttf"):
        members[path.relative_to(ROOT).as_posix()] = characters_only(path.read_bytes())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(members):
            archive.writestr(zipfile.ZipInfo(name, ZIP_DATE), members[name])
    return buffer.getvalue()


def compiled_archives() -> dict[str, bytes]:
    """Return the archives of Python's own modules and of ours, compiled by Pyodide.

    Another version of Python makes other bytecode. Pyodide writes the archives as well, because compressed bytes depend
    on the zlib of the machine. A browser keeps the first packed, so it is compressed; it unpacks the second at once.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pages, compiled_pages, compiled_library = (folder / part for part in ("pages", "compiled_pages", "library"))
        pages.write_bytes(pages_archive())
        library = MODULES / "pyodide" / "python_stdlib.zip"
        arguments = (library, compiled_library, STANDARD_LIBRARY_FOLDER, "deflated")
        arguments += (pages, compiled_pages, PAGES_FOLDER, "stored")
        subprocess.run(["node", str(COMPILE_SCRIPT), *map(str, arguments)], cwd=ROOT, check=True)
        return {STANDARD_LIBRARY: compiled_library.read_bytes(), PAGES_ARCHIVE: compiled_pages.read_bytes()}


def reader_files() -> dict[str, bytes]:
    """Return what reads the words in a picture, by path in static/engine/."""
    files = {}
    for published, name in READER_PROGRAMS:
        core = MODULES / "tesseract.js-core" / published
        files[f"reader/{name}.mjs"] = core.with_suffix(".js").read_bytes() + READER_EXPORT
        files[f"reader/{name}.wasm"] = core.with_suffix(".wasm").read_bytes()
    for published, code in READER_LANGUAGES:
        files[f"reader/{code}.traineddata"] = gzip.decompress((MODULES / published).read_bytes())
    return files


def main() -> None:
    """Write static/engine/."""
    shutil.rmtree(ENGINE, ignore_errors=True)
    files = {name: (MODULES / published).read_bytes() for published, name in PUBLISHED_FILES}
    files["pyodide/pyodide-lock.json"] = empty_package_list()
    files |= compiled_archives() | reader_files()
    for name, content in files.items():
        path = ENGINE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in COMPRESSED_SUFFIXES or name == PAGES_ARCHIVE:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
        else:
            path.write_bytes(content)
    fonts = {f"fonts/{path.name}": path.read_bytes() for path in FONTS.glob("*.ttf")}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in sorted({**files, **fonts}.items())}
    (ENGINE / "digests.json").write_text(json.dumps(digests, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
