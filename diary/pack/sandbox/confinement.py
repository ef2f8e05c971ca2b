"""Self-isolation of a process: access to its own files only, no network, no new processes, bounded memory.

The pack worker reads data that a stalker may have sent, so it isolates itself before it reads any of it: resource
limits, no capabilities, Landlock (files, TCP, signals), then a seccomp allow-list. None of this needs a helper program,
and it works the same for root and for an ordinary user. Inside bubblewrap, which has its own namespaces, an older
Landlock version is sufficient.
"""

import ctypes
import os
import platform
import resource
import struct
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from diary.errors import Unavailable
from diary.isolation import LANDLOCK_MIN_VERSION, landlock_version
from diary.pack.sandbox import seccomp

# Limits of one process. The supervisor limits the whole job.
MEMORY_LIMIT_BYTES: Final = 1 << 30
CPU_LIMIT_SECONDS: Final = 110
WRITTEN_FILE_LIMIT_BYTES: Final = 1 << 30
OPEN_FILES_LIMIT: Final = 64

# Landlock's system calls have the same numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1
_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5
_MAKE_DIR, _MAKE_FILE, _TRUNCATE = 1 << 7, 1 << 8, 1 << 14
_READ_RIGHTS = _READ_FILE | _READ_DIR
# No links, sockets, pipes or devices: a link could direct the parent process of the worker to another path.
_WRITE_RIGHTS = _READ_RIGHTS | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_FILE | _TRUNCATE
_FILE_ONLY_RIGHTS = _WRITE_FILE | _READ_FILE | _TRUNCATE
# File rights that each Landlock version can restrict; ports from version 4, signals and abstract sockets from 6.
_FILE_RIGHTS: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_PORTS_MIN_VERSION, _SCOPES_MIN_VERSION = 4, 6

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
_CAPABILITY_VERSION, _LAST_CAPABILITY = 0x20080522, 63
_CAPSET_NUMBERS: Final = {"x86_64": 126, "aarch64": 91}
_SECCOMP_NUMBERS: Final = {"x86_64": 317, "aarch64": 277}
_SET_FILTER, _NEW_LISTENER = 1, 8


class _SockFprog(ctypes.Structure):
    """The C structure sock_fprog."""

    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def isolate_process(
    readable: Iterable[Path],
    writable: Iterable[Path],
    *,
    in_bubblewrap: bool = False,
    on_listener: Callable[[int], None] | None = None,
) -> None:
    """Isolate this process irrevocably.

    - `readable`: files and folders that may be read.
    - `writable`: folders that may also be written.
    - `in_bubblewrap`: whether the process runs inside bubblewrap, so that Landlock may be older.
    - `on_listener`: receives the seccomp listener, through which a supervisor allows each new thread, and must close it
      in this process. Without it, no thread can be created.

    Raise Unavailable if this computer lacks a required feature; no untrusted data may be read then.
    """
    machine = platform.machine()
    if not sys.platform.startswith("linux") or not seccomp.is_machine_supported(machine):
        raise Unavailable("The pack builder cannot be isolated on this kind of computer.")
    _set_resource_limits()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    _require_success(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl")
    _require_success(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    _apply_landlock(libc, readable, writable, in_bubblewrap=in_bubblewrap)
    _drop_capabilities(libc, machine)
    if on_listener is not None:
        on_listener(_install_filter(libc, machine, seccomp.thread_notification_filter(machine), _NEW_LISTENER))
    _install_filter(libc, machine, seccomp.allow_list_filter(machine, allow_threads=on_listener is not None), 0)


def set_parent_death_signal(signal_number: int) -> None:
    """Have the kernel send this process `signal_number` when its parent ends.

    Do nothing on systems other than Linux.
    """
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


def _set_resource_limits() -> None:
    """Limit memory, CPU time, file size and open files, and disable core dumps."""
    for resource_limit, value in (
        (resource.RLIMIT_AS, MEMORY_LIMIT_BYTES),
        (resource.RLIMIT_CPU, CPU_LIMIT_SECONDS),
        (resource.RLIMIT_FSIZE, WRITTEN_FILE_LIMIT_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES_LIMIT),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(resource_limit)[1]
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(resource_limit, (allowed, allowed))


def _drop_capabilities(libc: ctypes.CDLL, machine: str) -> None:
    """Drop all capabilities, so that the worker of a server that runs as root has no more rights than any other."""
    for capability in range(_LAST_CAPABILITY + 1):
        # Fails for numbers that the kernel does not have and for unprivileged processes; neither has anything to drop.
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header, none = struct.pack("=Ii", _CAPABILITY_VERSION, 0), bytes(24)
    _require_success(libc.syscall(_CAPSET_NUMBERS[machine], header, none), "capset")


def _apply_landlock(
    libc: ctypes.CDLL, readable: Iterable[Path], writable: Iterable[Path], *, in_bubblewrap: bool
) -> None:
    """Deny all file access except beneath the given paths, and TCP and signals to other processes."""
    version = landlock_version()
    if version < LANDLOCK_MIN_VERSION and not in_bubblewrap:
        available = f"version {version}" if version else "none"
        raise Unavailable(
            "The pack builder cannot be isolated on this computer: it needs Landlock "
            f"{LANDLOCK_MIN_VERSION} (Linux 6.12 or later;"
            f" this computer has {available}), or bubblewrap."
        )
    if version < 1:
        return
    syscall = libc.syscall
    file_rights = _FILE_RIGHTS[min(version, max(_FILE_RIGHTS))]
    ports, scopes = (3 if version >= _PORTS_MIN_VERSION else 0), (3 if version >= _SCOPES_MIN_VERSION else 0)
    size = 8 if version < _PORTS_MIN_VERSION else 16 if version < _SCOPES_MIN_VERSION else 24
    rules = struct.pack("=QQQ", file_rights, ports, scopes)
    ruleset = _require_success(
        syscall(_CREATE_RULESET, rules, ctypes.c_size_t(size), ctypes.c_uint32(0)), "landlock_create_ruleset"
    )
    for paths, rights in ((readable, _READ_RIGHTS), (writable, _WRITE_RIGHTS)):
        for path in paths:
            _add_path_rule(syscall, ruleset, path, rights & file_rights)
    _require_success(syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0)), "landlock_restrict_self")
    os.close(ruleset)


def _add_path_rule(syscall: "ctypes._NamedFuncPointer", ruleset: int, path: Path, rights: int) -> None:
    """Allow access beneath one path; a missing path is skipped."""
    try:
        path_fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rule = struct.pack("=Qi", rights if path.is_dir() else rights & _FILE_ONLY_RIGHTS, path_fd)
        result = syscall(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_RULE_PATH_BENEATH), rule, ctypes.c_uint32(0))
        _require_success(result, "landlock_add_rule")
    finally:
        os.close(path_fd)


def _install_filter(libc: ctypes.CDLL, machine: str, filter_bytes: bytes, flags: int) -> int:
    """Install a filter. Return the listener's file descriptor if `flags` request one, else 0."""
    program = ctypes.create_string_buffer(filter_bytes, len(filter_bytes))
    sock_fprog = _SockFprog(len(filter_bytes) // 8, ctypes.cast(program, ctypes.c_void_p))
    result = libc.syscall(
        _SECCOMP_NUMBERS[machine], ctypes.c_uint(_SET_FILTER), ctypes.c_uint(flags), ctypes.byref(sock_fprog)
    )
    return _require_success(result, "seccomp")


def _require_success(result: int, call_name: str) -> int:
    """Return the result of a call, or raise Unavailable if it failed."""
    if result < 0:
        message = os.strerror(ctypes.get_errno())
        raise Unavailable(f"The pack builder cannot be isolated on this computer ({call_name}: {message}).")
    return result
