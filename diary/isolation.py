"""How a pack worker is started: what it may read, and whether this computer can isolate it.

One truth for the server, which starts workers and may not import them, and for the command line.
"""

import ctypes
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from diary.errors import BadSetting, Unavailable
from diary.paths import PACKAGE

# Landlock 6 (Linux 6.12) keeps a process from signalling others; 3 keeps it from truncating files.
LANDLOCK_NEEDED: Final = 6
_CREATE_RULESET, _VERSION_FLAG = 444, 1
_TRIAL_SECONDS: Final = 30
# What the worker imports of installed packages. Shared libraries that a wheel brings lie in NAME.libs beside it.
_PACKAGES: Final = (
    "PIL",
    "pillow_heif",
    "_pillow_heif",
    "typst",
    "cryptography",
    "cffi",
    "_cffi_backend",
    "tzdata",
    "pypdf",
)
_LIBS: Final = ("pillow.libs", "pillow_heif.libs")


@dataclass(frozen=True, slots=True)
class Isolation:
    """`wall`: bubblewrap's path where a worker runs in it, else empty. `fault`: why no worker may run, empty when one may."""

    wall: str = ""
    fault: str = ""


@cache
def readable_paths() -> tuple[Path, ...]:
    """What a worker may read besides its own folder: the interpreter's libraries, the packages it imports, this package.

    Files and folders that exist, with symbolic links resolved.
    """
    system = [f"{root}/{name}" for root in ("", "/usr") for name in ("lib64", f"lib/{_triplet()}")]
    # The base installation's: an environment's own folder has every installed package in it.
    base = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    places = [Path(sysconfig.get_path(name, vars=base)) for name in ("stdlib", "platstdlib")]
    places += [
        Path(sysconfig.get_config_var("LIBDIR") or "/nowhere") / str(sysconfig.get_config_var("INSTSONAME") or "-")
    ]
    for name in _PACKAGES:
        places += _installed(name)
    for folder in {place.parent for place in places}:
        places += [folder / name for name in _LIBS]
    return tuple(sorted({place.resolve() for place in (*places, *map(Path, system), PACKAGE) if place.exists()}))


def refuse_exposed(places: Iterable[Path]) -> None:
    """Return when none of `places` (folders or files with secrets) lies in what a worker may read. Raises BadSetting."""
    for place in places:
        for open_path in started_from():
            if place.resolve().is_relative_to(open_path):
                raise BadSetting(
                    f"The data folder {place} lies inside {open_path}, which the pack builder may read."
                    " Set DIARY_DATA to a folder of its own, such as /var/lib/kept."
                )


def command(module: str, folder: Path, wall: str = "", *, is_unsandboxed: bool = False) -> list[str]:
    """The command that starts `module` (diary.pack.…) on `folder`. `wall`: bubblewrap's path where it runs inside that."""
    flags = ["--walled"] if wall else ["--unsandboxed"] if is_unsandboxed else []
    inner = [sys.executable, "-I", "-m", module, str(folder), *flags]
    return [*_bubblewrap(wall, folder), *inner] if wall else inner


@cache
def find() -> Isolation:
    """Try on this computer, once a process: a worker isolates itself, and what must be refused is tried from inside."""
    wall = shutil.which("bwrap")
    if wall is not None and not _trial(wall):
        return Isolation(wall=wall)
    fault = _trial("")
    if fault and wall is not None:
        fault += " bubblewrap is installed but does not work here."
    return Isolation(fault=fault)


def wall_for_a_person() -> str:
    """bubblewrap's path where a worker on a person's own computer needs it, else empty. Raises Unavailable."""
    if landlock_version() >= LANDLOCK_NEEDED:
        return ""
    found = find()
    if found.fault:
        raise Unavailable(
            f"{found.fault} Pictures in a diary may come from somebody who means harm. To go on all the same, add --unsandboxed."
        )
    return found.wall


def landlock_version() -> int:
    """The version of Landlock that this kernel offers; 0 for none."""
    if not sys.platform.startswith("linux"):
        return 0
    call = ctypes.CDLL(None, use_errno=True).syscall
    call.restype = ctypes.c_long
    return max(0, int(call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))))


def _trial(wall: str) -> str:
    """Why a worker cannot be isolated; empty when it can."""
    try:
        with tempfile.TemporaryDirectory(prefix="kept-trial-") as folder:
            asked = command("diary.pack.sandbox.self_test", Path(folder), wall)
            done = subprocess.run(asked, capture_output=True, env={}, cwd="/", timeout=_TRIAL_SECONDS, check=False)  # noqa: S603
        told = json.loads(done.stdout)
        return "" if told.get("isolated") is True else str(told["fault"])
    except (OSError, ValueError, KeyError, AttributeError, subprocess.TimeoutExpired):
        return "The pack builder could not be started in isolation on this computer."


def _bubblewrap(wall: str, folder: Path) -> list[str]:
    """bubblewrap with namespaces of its own, and nothing of this computer's files but what it takes to run a worker."""
    bound = [word for path in started_from() for word in ("--ro-bind", str(path), str(path))]
    # Where /lib is a link to /usr/lib, the same link is made: the loader's own path begins there.
    links = [root for root in ("/lib", "/lib64") if Path(root).is_symlink()]
    linked = [word for root in links for word in ("--symlink", str(Path(root).readlink()), root)]
    return [
        *(
            wall,
            "--unshare-user",
            "--unshare-pid",
            "--unshare-net",
            "--unshare-ipc",
            "--unshare-uts",
            "--unshare-cgroup-try",
        ),
        *("--die-with-parent", "--clearenv", "--cap-drop", "ALL", *bound, *linked, "--dev", "/dev", "--proc", "/proc"),
        *("--bind", str(folder), str(folder), "--chdir", "/", "--"),
    ]


def started_from() -> list[Path]:
    """The readable paths, and what it takes besides to start Python in bubblewrap."""
    executable = Path(sys.executable)
    beside = executable.parent
    extra = [beside, Path(sys.prefix) / "pyvenv.cfg", Path("/etc/ld.so.cache")]
    while executable.is_symlink():
        executable = executable.parent / executable.readlink()
        extra += [executable] if executable.parent != beside else []
    extra += [Path(sysconfig.get_path("purelib"))]
    return sorted({*readable_paths(), *(path for path in extra if path.exists())})


def _installed(name: str) -> list[Path]:
    """A package's folder, or a module's file; none when it is not installed."""
    found = importlib.util.find_spec(name)
    if found is None:
        return []
    if found.submodule_search_locations:
        return [Path(place) for place in found.submodule_search_locations]
    return [Path(found.origin)] if found.origin else []


def _triplet() -> str:
    """The folder name of this architecture's shared libraries, as Debian has it: x86_64-linux-gnu."""
    return str(sysconfig.get_config_var("MULTIARCH") or f"{os.uname().machine}-linux-gnu")
