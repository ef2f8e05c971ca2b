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
from diary.paths import PACKAGE_FOLDER

# Landlock 6 (Linux 6.12) keeps a process from signalling others; 3 keeps it from truncating files.
LANDLOCK_MIN_VERSION: Final = 6
_LANDLOCK_CREATE_RULESET_SYSCALL, _LANDLOCK_VERSION_FLAG = 444, 1
_TRIAL_TIMEOUT_SECONDS: Final = 30
# What the worker imports of installed packages. Shared libraries that a wheel brings lie in NAME.libs beside it.
_WORKER_PACKAGES: Final = (
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
_WHEEL_LIBRARY_FOLDERS: Final = ("pillow.libs", "pillow_heif.libs")


@dataclass(frozen=True, slots=True)
class Isolation:
    """`wall`: bubblewrap's path where a worker runs in it, else empty. `fault`: why no worker may run, empty when one may."""

    bubblewrap_path: str = ""
    failure_reason: str = ""


@cache
def readable_paths() -> tuple[Path, ...]:
    """What a worker may read besides its own folder: the interpreter's libraries, the packages it imports, this package.

    Files and folders that exist, with symbolic links resolved.
    """
    system_folders = [f"{root}/{name}" for root in ("", "/usr") for name in ("lib64", f"lib/{_multiarch_triplet()}")]
    # The base installation's: an environment's own folder has every installed package in it.
    base_prefixes = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    candidates = [Path(sysconfig.get_path(name, vars=base_prefixes)) for name in ("stdlib", "platstdlib")]
    candidates += [
        Path(sysconfig.get_config_var("LIBDIR") or "/nowhere") / str(sysconfig.get_config_var("INSTSONAME") or "-")
    ]
    for name in _WORKER_PACKAGES:
        candidates += _package_paths(name)
    for folder in {place.parent for place in candidates}:
        candidates += [folder / name for name in _WHEEL_LIBRARY_FOLDERS]
    return tuple(
        sorted(
            {place.resolve() for place in (*candidates, *map(Path, system_folders), PACKAGE_FOLDER) if place.exists()}
        )
    )


def check_secrets_unreadable(secret_paths: Iterable[Path]) -> None:
    """Return when none of `places` (folders or files with secrets) lies in what a worker may read. Raises BadSetting."""
    for secret_path in secret_paths:
        for readable_path in launch_paths():
            if secret_path.resolve().is_relative_to(readable_path):
                raise BadSetting(
                    f"The data folder {secret_path} lies inside {readable_path}, which the pack builder may read."
                    " Set DIARY_DATA to a folder of its own, such as /var/lib/kept."
                )


def worker_command(module: str, folder: Path, bubblewrap_path: str = "", *, is_unsandboxed: bool = False) -> list[str]:
    """The command that starts `module` (diary.pack.…) on `folder`. `wall`: bubblewrap's path where it runs inside that."""
    flags = ["--walled"] if bubblewrap_path else ["--unsandboxed"] if is_unsandboxed else []
    python_command = [sys.executable, "-I", "-m", module, str(folder), *flags]
    return [*_bubblewrap_command(bubblewrap_path, folder), *python_command] if bubblewrap_path else python_command


@cache
def find() -> Isolation:
    """Try on this computer, once a process: a worker isolates itself, and what must be refused is tried from inside."""
    bubblewrap_path = shutil.which("bwrap")
    if bubblewrap_path is not None and not _isolation_failure(bubblewrap_path):
        return Isolation(bubblewrap_path=bubblewrap_path)
    failure_reason = _isolation_failure("")
    if failure_reason and bubblewrap_path is not None:
        failure_reason += " bubblewrap is installed but does not work here."
    return Isolation(failure_reason=failure_reason)


def require_isolation() -> str:
    """bubblewrap's path where a worker on a person's own computer needs it, else empty. Raises Unavailable."""
    if landlock_version() >= LANDLOCK_MIN_VERSION:
        return ""
    isolation = find()
    if isolation.failure_reason:
        raise Unavailable(
            f"{isolation.failure_reason} Pictures in a diary may come from somebody who means harm. To go "
            "on all the same, add --unsandboxed."
        )
    return isolation.bubblewrap_path


def landlock_version() -> int:
    """The version of Landlock that this kernel offers; 0 for none."""
    if not sys.platform.startswith("linux"):
        return 0
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.restype = ctypes.c_long
    return max(
        0,
        int(
            syscall(_LANDLOCK_CREATE_RULESET_SYSCALL, None, ctypes.c_size_t(0), ctypes.c_uint32(_LANDLOCK_VERSION_FLAG))
        ),
    )


def _isolation_failure(bubblewrap_path: str) -> str:
    """Why a worker cannot be isolated; empty when it can."""
    try:
        with tempfile.TemporaryDirectory(prefix="kept-trial-") as folder:
            trial_command = worker_command("diary.pack.sandbox.self_test", Path(folder), bubblewrap_path)
            completed = subprocess.run(  # noqa: S603
                trial_command, capture_output=True, env={}, cwd="/", timeout=_TRIAL_TIMEOUT_SECONDS, check=False
            )
        report = json.loads(completed.stdout)
        return "" if report.get("isolated") is True else str(report["fault"])
    except (OSError, ValueError, KeyError, AttributeError, subprocess.TimeoutExpired):
        return "The pack builder could not be started in isolation on this computer."


def _bubblewrap_command(bubblewrap_path: str, folder: Path) -> list[str]:
    """bubblewrap with namespaces of its own, and nothing of this computer's files but what it takes to run a worker."""
    bind_arguments = [word for path in launch_paths() for word in ("--ro-bind", str(path), str(path))]
    # Where /lib is a link to /usr/lib, the same link is made: the loader's own path begins there.
    linked_roots = [root for root in ("/lib", "/lib64") if Path(root).is_symlink()]
    symlink_arguments = [word for root in linked_roots for word in ("--symlink", str(Path(root).readlink()), root)]
    return [
        *(
            bubblewrap_path,
            "--unshare-user",
            "--unshare-pid",
            "--unshare-net",
            "--unshare-ipc",
            "--unshare-uts",
            "--unshare-cgroup-try",
        ),
        *(
            "--die-with-parent",
            "--clearenv",
            "--cap-drop",
            "ALL",
            *bind_arguments,
            *symlink_arguments,
            "--dev",
            "/dev",
            "--proc",
            "/proc",
        ),
        *("--bind", str(folder), str(folder), "--chdir", "/", "--"),
    ]


def launch_paths() -> list[Path]:
    """The readable paths, and what it takes besides to start Python in bubblewrap."""
    executable = Path(sys.executable)
    executable_folder = executable.parent
    extra_paths = [executable_folder, Path(sys.prefix) / "pyvenv.cfg", Path("/etc/ld.so.cache")]
    while executable.is_symlink():
        executable = executable.parent / executable.readlink()
        extra_paths += [executable] if executable.parent != executable_folder else []
    extra_paths += [Path(sysconfig.get_path("purelib"))]
    return sorted({*readable_paths(), *(path for path in extra_paths if path.exists())})


def _package_paths(name: str) -> list[Path]:
    """A package's folder, or a module's file; none when it is not installed."""
    spec = importlib.util.find_spec(name)
    if spec is None:
        return []
    if spec.submodule_search_locations:
        return [Path(place) for place in spec.submodule_search_locations]
    return [Path(spec.origin)] if spec.origin else []


def _multiarch_triplet() -> str:
    """The folder name of this architecture's shared libraries, as Debian has it: x86_64-linux-gnu."""
    return str(sysconfig.get_config_var("MULTIARCH") or f"{os.uname().machine}-linux-gnu")
