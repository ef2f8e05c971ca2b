"""What a browser fetches to lay out the pages of a pack: served from disk, as the release lists it."""

import _imp
import gzip
import hashlib
import importlib
import importlib.util
import io
import zipfile
from pathlib import Path

import pytest

from diary.paths import FONTS, STATIC
from diary.web.engine_files import find_engine_files
from diary.web.headers import COPIES_WORKER_POLICY, PAGES_WORKER_POLICY, READER_WORKER_POLICY
from diary.web.precache import COPIES_WORKER_PATH, PAGES_WORKER_PATH, READER_WORKER_PATH, make_release
from tests.scheduling import PROJECT_ROOT
from tests.server_fixture import running_server

ENGINE_PREFIX = "/static/engine/"


async def test_every_file_is_served_with_the_digest_in_the_release(tmp_path: Path) -> None:
    """The bytes, once unpacked, are those that the release lists, with or without compression."""
    listed = {
        path: digest for path, digest in make_release(STATIC, b"").files.items() if path.startswith(ENGINE_PREFIX)
    }
    assert {ENGINE_PREFIX + name for name in ("pages.zip", "typst/typst_ts_web_compiler_bg.wasm")} <= listed.keys()
    async with running_server(tmp_path) as server:
        client = server.http_client()
        for path, digest in listed.items():
            response = await client.get(path)
            assert response.status_code == 200, path
            assert hashlib.sha256(response.content).hexdigest() == digest, path
        plain = await client.get(f"{ENGINE_PREFIX}pages.zip", headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert hashlib.sha256(plain.content).hexdigest() == listed[f"{ENGINE_PREFIX}pages.zip"]
        # A browser that kept them would show later that a pack was made.
        assert plain.headers["cache-control"] == "no-store"
        for path in ("digests.json", "nothing.wasm", "fonts/LICENSE_FONT.txt", "pages.zip.gz"):
            assert (await client.get(ENGINE_PREFIX + path)).status_code == 404, path


@pytest.mark.parametrize(
    ("path", "policy", "scripts"),
    [
        (PAGES_WORKER_PATH, PAGES_WORKER_POLICY, "script-src 'self' 'wasm-unsafe-eval'"),
        (READER_WORKER_PATH, READER_WORKER_POLICY, "script-src 'self' 'wasm-unsafe-eval'"),
        (COPIES_WORKER_PATH, COPIES_WORKER_POLICY, "script-src 'self'"),
    ],
)
async def test_a_worker_that_reads_others_bytes_may_connect_to_nothing(
    tmp_path: Path, path: str, policy: str, scripts: str
) -> None:
    """The workers that lay out a pack and copy pictures may load scripts of this host, and connect to nothing else."""
    assert policy == f"default-src 'none'; {scripts}"
    async with running_server(tmp_path) as server:
        # The advocate's page has it at an address of its own.
        for address in (path, path.replace("/static/", "/desk/code/")):
            response = await server.http_client().get(address)
            assert response.status_code == 200
            assert response.headers.get_list("content-security-policy") == [policy]


@pytest.mark.parametrize("name", ["engine/pages.zip", "engine/fonts/NotoSans_400Regular.ttf"])
def test_a_file_on_disk_is_found(name: str) -> None:
    """The archive is stored compressed, and fonts as the typesetter of the server reads them."""
    file = find_engine_files(STATIC, FONTS)[name]
    assert file.is_gzipped is name.endswith(".zip")
    assert file.stored_path.is_file()


def test_what_reads_pictures_is_what_was_published() -> None:
    """The programs are unchanged but for one line that exports them, and the data of a language is unpacked."""
    packages, reader = PROJECT_ROOT / "node_modules", STATIC / "engine/reader"
    core = packages / "tesseract.js-core"
    for published, name in (("tesseract-core-simd-lstm", "simd"), ("tesseract-core-lstm", "plain")):
        assert gzip.decompress((reader / f"{name}.wasm.gz").read_bytes()) == (core / f"{published}.wasm").read_bytes()
        script = gzip.decompress((reader / f"{name}.mjs.gz").read_bytes())
        assert script == (core / f"{published}.js").read_bytes() + b"\nexport default TesseractCore;\n"
    for code in ("eng", "cym", "pol", "urd"):
        data = packages / f"@tesseract.js-data/{code}/4.0.0_best_int/{code}.traineddata.gz"
        assert gzip.decompress((reader / f"{code}.traineddata.gz").read_bytes()) == gzip.decompress(data.read_bytes())
    assert len([path for path in reader.iterdir() if path.is_file()]) == 8


def test_every_module_for_browsers_is_compiled_from_the_source_beside_it() -> None:
    """A phone compiles nothing, and runs the modules that this program runs: each names the digest of its source."""
    archive = zipfile.ZipFile(io.BytesIO(gzip.decompress((STATIC / "engine/pages.zip.gz").read_bytes())))
    modules = [name for name in archive.namelist() if name.endswith(".pyc")]
    assert "diary/pack/browser/preparation.pyc" in modules
    packages = {package: Path(importlib.import_module(package).__path__[0]) for package in ("diary", "tzdata")}
    for name in modules:
        package, _, rest = name.partition("/")
        source = packages[package].joinpath(rest).with_suffix(".py").read_bytes()
        assert is_compiled_from(archive.read(name), source), name
        assert not is_compiled_from(archive.read(name), source + b"#"), name
    assert not [name for name in archive.namelist() if name.endswith(".py")]


def test_every_standard_module_for_browsers_is_compiled_from_what_was_published() -> None:
    """No module of Python's own is missing or changed."""
    published = zipfile.ZipFile(PROJECT_ROOT / "node_modules/pyodide/python_stdlib.zip")
    compiled = zipfile.ZipFile(STATIC / "engine/pyodide/python_stdlib.zip")
    names = {name: f"{name}c" if name.endswith(".py") else name for name in published.namelist()}
    assert sorted(names.values()) == compiled.namelist()
    for name, compiled_name in names.items():
        content = compiled.read(compiled_name)
        if name.endswith(".py"):
            assert is_compiled_from(content, published.read(name)), name
        else:
            assert content == published.read(name), name


def is_compiled_from(module: bytes, source: bytes) -> bool:
    """Return whether a .pyc file names the digest of this source, and is never compared with a file (PEP 552)."""
    magic, flags, digest = module[:4], int.from_bytes(module[4:8], "little"), module[8:16]
    assert magic != importlib.util.MAGIC_NUMBER, "it is of the Python of this computer, not of the browser's"
    return flags == 0b01 and digest == _imp.source_hash(int.from_bytes(magic, "little"), source)
