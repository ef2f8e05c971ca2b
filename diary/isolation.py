"""Command that starts a pack worker, the paths it may read, and a check that this computer can isolate it.

The server, which must not import a worker's code, and the command line share these rules.
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

# Landlock 6 (Linux 6.12) prevents a process from signalling others; version 3 prevents truncating files.
LANDLOCK_MIN_VERSION: Final = 6
_LANDLOCK_CREATE_RULESET_SYSCALL, _LANDLOCK_VERSION_FLAG = 444, 1
_TRIAL_TIMEOUT_SECONDS: Final = 30
# Installed packages that the worker imports. The shared libraries of a wheel are in NAME.libs beside the package.
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
    "pypdfium2",
    "pypdfium2_cfg",
    "pypdfium2_raw",
)
_WHEEL_LIBRARY_FOLDERS: Final = ("pillow.libs", "pillow_heif.libs")


@dataclass(frozen=True, slots=True)
class Isolation:
    """How this computer can isolate a worker.

    `bubblewrap_path`: set if workers run in bubblewrap. `failure_reason`: set if no worker may run.
    """

    bubblewrap_path: str = ""
    failure_reason: str = ""


@cache
def readable_paths() -> tuple[Path, ...]:
    """Return the paths that a worker may read besides its own folder.

    These are the system's shared libraries, Python's libraries, the packages that the worker imports and this package.
    All paths exist, and links are resolved.
    """
    system_folders = [f"{root}/{name}" for root in ("", "/usr") for name in ("lib64", f"lib/{_multiarch_triplet()}")]
    # From the base installation, because a virtual environment's folder contains every installed package.
    base_prefixes = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    candidates = [Path(sysconfig.get_path(name, vars=base_prefixes)) for name in ("stdlib", "platstdlib")]
    candidates += [
        Path(sysconfig.get_config_var("LIBDIR") or "/nowhere") / str(sysconfig.get_config_var("INSTSONAME") or "-")
    ]
    for name in _WORKER_PACKAGES:
        candidates += _package_paths(name)
    for folder in {path.parent for path in candidates}:
        candidates += [folder / name for name in _WHEEL_LIBRARY_FOLDERS]
    return tuple(
        sorted({path.resolve() for path in (*candidates, *map(Path, system_folders), PACKAGE_FOLDER) if path.exists()})
    )


def check_secrets_unreadable(secret_paths: Iterable[Path]) -> None:
    """Raise BadSetting if one of `secret_paths` (files or folders) is inside a path that a worker may read."""
    for secret_path in secret_paths:
        for readable_path in launch_paths():
            if secret_path.resolve().is_relative_to(readable_path):
                raise BadSetting(
                    f"The data folder {secret_path} is inside {readable_path}, which the pack builder may read."
                    " Set DIARY_DATA to a folder of its own, such as /var/lib/kept."
                )


def worker_command(module: str, folder: Path, bubblewrap_path: str = "", *, is_unsandboxed: bool = False) -> list[str]:
    """Return the command that starts `module` (diary.pack.…) on `folder`, in bubblewrap if its path is given."""
    flags = ["--in-bubblewrap"] if bubblewrap_path else ["--unsandboxed"] if is_unsandboxed else []
    python_command = [sys.executable, "-I", "-m", module, str(folder), *flags]
    return [*_bubblewrap_command(bubblewrap_path, folder), *python_command] if bubblewrap_path else python_command


@cache
def detect_isolation() -> Isolation:
    """Return how this computer isolates workers.

    Start a trial worker, which attempts forbidden actions. The result is kept for the life of the process.
    """
    bubblewrap_path = shutil.which("bwrap")
    if bubblewrap_path is not None and not _isolation_failure(bubblewrap_path):
        return Isolation(bubblewrap_path=bubblewrap_path)
    failure_reason = _isolation_failure("")
    if failure_reason and bubblewrap_path is not None:
        failure_reason += " bubblewrap is installed but does not work here."
    return Isolation(failure_reason=failure_reason)


def require_isolation() -> str:
    """Return the path of bubblewrap if a worker on a personal computer needs it, else ''. Raise Unavailable."""
    if landlock_version() >= LANDLOCK_MIN_VERSION:
        return ""
    isolation = detect_isolation()
    if isolation.failure_reason:
        raise Unavailable(
            f"{isolation.failure_reason} Pictures in a diary can be hostile. To go on "
            "without isolation, add --unsandboxed."
        )
    return isolation.bubblewrap_path


def landlock_version() -> int:
    """Return the Landlock version of this kernel, or 0 if it has none."""
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
    """Return the reason why a worker cannot be isolated, or '' if it can."""
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
    """Return the bubblewrap command: separate namespaces, `launch_paths` read-only, and `folder` writable."""
    bind_arguments = [argument for path in launch_paths() for argument in ("--ro-bind", str(path), str(path))]
    # The path of the dynamic loader begins with /lib, so a link from /lib to /usr/lib must exist inside too.
    linked_roots = [root for root in ("/lib", "/lib64") if Path(root).is_symlink()]
    symlink_arguments = [
        argument for root in linked_roots for argument in ("--symlink", str(Path(root).readlink()), root)
    ]
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
    """Return `readable_paths` and the paths that the start of Python in bubblewrap needs.

    The latter include the folder of all installed packages.
    """
    executable = Path(sys.executable)
    executable_folder = executable.parent
    extra_paths = [executable_folder, Path(sys.prefix) / "pyvenv.cfg", Path("/etc/ld.so.cache")]
    while executable.is_symlink():
        executable = executable.parent / executable.readlink()
        extra_paths += [executable] if executable.parent != executable_folder else []
    extra_paths += [Path(sysconfig.get_path("purelib"))]
    return sorted({*readable_paths(), *(path for path in extra_paths if path.exists())})


def _package_paths(name: str) -> list[Path]:
    """Return a package's folders or a module's file, or an empty list if it is not installed."""
    spec = importlib.util.find_spec(name)
    if spec is None:
        return []
    if spec.submodule_search_locations:
        return [Path(path) for path in spec.submodule_search_locations]
    return [Path(spec.origin)] if spec.origin else []


def _multiarch_triplet() -> str:
    """Return Debian's folder name for this architecture's shared libraries, like x86_64-linux-gnu."""
    return str(sysconfig.get_config_var("MULTIARCH") or f"{os.uname().machine}-linux-gnu")
