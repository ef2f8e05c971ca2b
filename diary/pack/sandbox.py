"""A jail that a process puts itself in: no files but its own, no network, no other program, little memory.

The pack's worker reads what a stalker may have sent. It closes itself in before it reads the first byte of
it: resource limits, then Landlock (files, TCP, signals), then a seccomp filter, all without a helper program
and alike for root and for an ordinary user. Whatever breaks in a parser afterwards has nowhere to go.
"""

import ctypes
import os
import platform
import resource
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diary.errors import Unavailable

MEMORY_BYTES: Final = 1 << 30
CPU_SECONDS: Final = 110
FILE_BYTES: Final = 1 << 30
OPEN_FILES: Final = 64

# Landlock's system calls have the same numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1
_VERSION_FLAG = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_FILTER = 2
_SIGKILL = 9

_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050001, 0x80000000
_X32_BIT = 0x40000000


@dataclass(frozen=True, slots=True)
class _Machine:
    """An architecture: its audit number, and the calls the filter refuses."""

    audit: int
    refused: tuple[int, ...]


# socket, socketpair, connect, accept(4), bind, listen, sendto, sendmsg, sendmmsg; execve(at); ptrace and reading of
# other processes; keys; unshare, setns, mount, umount, pivot_root, chroot; modules, kexec, reboot; perf, bpf,
# userfaultfd; io_uring.
_MACHINES: Final = {
    "x86_64": _Machine(
        0xC000003E,
        (41, 53, 42, 43, 288, 49, 50, 44, 46, 307, 59, 322, 101, 310, 311, 272, 308, 165, 166, 155, 161)
        + (175, 313, 246, 169, 248, 249, 250, 321, 298, 323, 425, 426, 427),
    ),
    "aarch64": _Machine(
        0xC00000B7,
        (198, 199, 203, 202, 242, 200, 201, 206, 211, 269, 221, 281, 117, 270, 271, 97, 268, 40, 39, 41, 51)
        + (105, 273, 104, 142, 217, 218, 219, 280, 241, 282, 425, 426, 427),
    ),
}


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def close_in(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Put this process, and every child it will have, in the jail. There is no way back.

    `readable`: files and folders that may be read; `writable`: folders that may be written too. Raises
    Unavailable when the machine does not have what the jail is made of; then nothing must be read.
    """
    _limit()
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0))
    _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _landlock(libc, readable, writable)
    _seccomp(libc)


def die_with_parent() -> None:
    """Have the kernel end this process when the one that started it ends."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


def _limit() -> None:
    """Memory, processor time, file size, open files; and no memory image of a crash."""
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(limit)[1]
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (allowed, allowed))


def _landlock(libc: ctypes.CDLL, readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Everything about files is refused but what is beneath the paths given; TCP and outward signals too."""
    call = libc.syscall
    call.restype = ctypes.c_long
    version = call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    if version < 1:
        raise Unavailable("This computer cannot close the pack builder in (Landlock is missing).")
    files = (1 << 13) - 1
    for since, right in ((2, 1 << 13), (3, _TRUNCATE), (5, 1 << 15)):
        files |= right if version >= since else 0
    ports, scopes = (3 if version >= 4 else 0), (3 if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = struct.pack("=QQQ", files, ports, scopes)
    ruleset = _check(call(_CREATE_RULESET, rules, ctypes.c_size_t(size), ctypes.c_uint32(0)))
    for paths, rights in ((readable, _READING), (writable, files)):
        for path in paths:
            _allow(call, ruleset, path, rights, files)
    _check(call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0)))
    os.close(ruleset)


def _allow(call: "ctypes._NamedFuncPointer", ruleset: int, path: Path, rights: int, known: int) -> None:
    """One rule; a path that is not there needs none."""
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        allowed = rights if path.is_dir() else rights & _OF_FILES
        rule = struct.pack("=Qi", allowed & known, opened)
        _check(call(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_RULE_PATH_BENEATH), rule, ctypes.c_uint32(0)))
    finally:
        os.close(opened)


def _seccomp(libc: ctypes.CDLL) -> None:
    """Refuse the calls of the list with EPERM; end a process that speaks another architecture's numbers."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        raise Unavailable("This computer cannot close the pack builder in (unknown architecture).")
    refused = machine.refused
    steps = [(_LOAD, 0, 0, 4), (_JUMP_EQUAL, 1, 0, machine.audit), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    if platform.machine() == "x86_64":
        steps += [(_JUMP_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, _REFUSE)]
    # Each comparison jumps over those that follow it and the "allow" to the "refuse" at the end.
    steps += [(_JUMP_EQUAL, len(refused) - place, 0, number) for place, number in enumerate(refused)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    described = _Program(len(steps), ctypes.cast(program, ctypes.c_void_p))
    _check(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_FILTER, ctypes.byref(described), 0, 0))


def _check(result: int) -> int:
    """The result of a call that must not fail."""
    if result < 0:
        raise Unavailable(f"This computer cannot close the pack builder in (error {ctypes.get_errno()}).")
    return result
