"""The system calls a pack worker may make, by number, as a seccomp filter. Everything else is refused with EPERM.

The list was derived with strace from whole packs (pictures of every format, several volumes) under Python 3.11 and 3.13.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW: Final = 0x7FFF0000
KILL: Final = 0x80000000
ASK: Final = 0x7FC00000
REFUSE: Final = 0x00050001
NOT_HERE: Final = 0x00050026

# struct seccomp_data: number, architecture, instruction pointer, six arguments of 64 bits (little-endian here).
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_X32_BIT: Final = 0x40000000

# Name: number on x86_64, number on aarch64; None where that architecture has no such call.
NUMBERS: Final[dict[str, tuple[int | None, int | None]]] = {
    "access": (21, None),
    "brk": (12, 214),
    "clock_getres": (229, 114),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "close": (3, 57),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "fadvise64": (221, 223),
    "fstat": (5, 80),
    "futex": (202, 98),
    "getcwd": (79, 17),
    "getdents64": (217, 61),
    "getegid": (108, 177),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getpid": (39, 172),
    "getrandom": (318, 278),
    "getrusage": (98, 165),
    "gettid": (186, 178),
    "gettimeofday": (96, 169),
    "getuid": (102, 174),
    "lseek": (8, 62),
    "lstat": (6, None),
    "madvise": (28, 233),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "munmap": (11, 215),
    "nanosleep": (35, 101),
    "newfstatat": (262, 79),
    "openat": (257, 56),
    "poll": (7, None),
    "ppoll": (271, 73),
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "read": (0, 63),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "readv": (19, 65),
    "restart_syscall": (219, 128),
    "rmdir": (84, None),
    "rseq": (334, 293),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sched_getaffinity": (204, 123),
    "sched_yield": (24, 124),
    "set_robust_list": (273, 99),
    "set_tid_address": (218, 96),
    "sigaltstack": (131, 132),
    "stat": (4, None),
    "statx": (332, 291),
    "sysinfo": (99, 179),
    "times": (100, 153),
    "uname": (63, 160),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "write": (1, 64),
    "writev": (20, 66),
}


@dataclass(frozen=True, slots=True)
class _Checked:
    """A call allowed for listed values of one argument only (its lower 32 bits)."""

    numbers: tuple[int, int]
    argument: int
    values: tuple[int, ...]
    action: int = ALLOW
    is_wide: bool = False


# CLONE_VM|FS|FILES|SIGHAND|THREAD|SYSVSEM|SETTLS|PARENT_SETTID|CHILD_CLEARTID, as glibc makes a thread; musl adds DETACHED.
# No other clone is allowed, so that no process can be made.
_THREADS: Final = _Checked((56, 220), 0, (0x3D0F00, 0x7D0F00), ASK)
_CHECKED: Final = (
    # TCGETS, FIONCLEX, FIOCLEX: Python asks whether a file is a terminal and closes it on exec.
    _Checked((16, 29), 1, (0x5401, 0x5450, 0x5451)),
    # F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC. Not F_SETPIPE_SZ (memory), F_SETOWN or F_SETSIG (signals).
    _Checked((72, 25), 1, (1, 2, 3, 1030)),
    # PR_SET_NAME: threads name themselves.
    _Checked((157, 167), 0, (15,)),
    # prlimit64 to read a limit: a null pointer where the new limit would be.
    _Checked((302, 261), 2, (0,), is_wide=True),
)
_CLONE3: Final = 435
_AUDIT: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

Step = tuple[int, int, int, int]


def machine_known(machine: str) -> bool:
    """Whether there are numbers for this architecture (platform.machine())."""
    return machine in _AUDIT


def allow_list(machine: str, *, threads: bool) -> bytes:
    """The filter: listed calls are allowed, clone for a thread where `threads`, all else fails with EPERM.

    clone3 fails with ENOSYS, because its flags lie in memory where no filter can read them; the C library then uses clone.
    """
    column, _ = _AUDIT[machine]
    steps = _head(machine)
    plain = [pair[column] for pair in NUMBERS.values()]
    for number in (number for number in plain if number is not None):
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, ALLOW)]
    for rule in (*_CHECKED, *((_allowed(_THREADS),) if threads else ())):
        steps += _checked(rule, column)
    steps += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, NOT_HERE), (_RETURN, 0, 0, REFUSE)]
    return _packed(steps)


def thread_list(machine: str) -> bytes:
    """A filter that asks its listener before each new thread and allows everything else."""
    steps = [*_head(machine), *_checked(_THREADS, _AUDIT[machine][0], otherwise=ALLOW), (_RETURN, 0, 0, ALLOW)]
    return _packed(steps)


def _allowed(rule: _Checked) -> _Checked:
    """The same rule without asking: the listener's filter, which is stacked below, asks."""
    return _Checked(rule.numbers, rule.argument, rule.values)


def _head(machine: str) -> list[Step]:
    """End a process that uses another architecture's numbers; leave the call's number loaded."""
    steps: list[Step] = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, _AUDIT[machine][1]), (_RETURN, 0, 0, KILL)]
    steps.append((_LOAD, 0, 0, _NUMBER))
    if machine == "x86_64":
        steps += [(_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, REFUSE)]
    return steps


def _checked(rule: _Checked, column: int, otherwise: int = REFUSE) -> list[Step]:
    """One call with its argument; the number stays loaded for whatever follows, as every path here returns."""
    low = _ARGUMENTS + 8 * rule.argument
    inner: list[Step] = []
    if rule.is_wide:
        inner += [(_LOAD, 0, 0, low + 4), (_EQUAL, 1, 0, 0), (_RETURN, 0, 0, otherwise)]
    inner.append((_LOAD, 0, 0, low))
    for value in rule.values:
        inner += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, rule.action)]
    inner.append((_RETURN, 0, 0, otherwise))
    return [(_EQUAL, 0, len(inner), rule.numbers[column]), *inner]


def _packed(steps: Sequence[Step] | Iterable[Step]) -> bytes:
    """The program as an array of struct sock_filter."""
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
