"""Seccomp filter with the system calls of a pack worker, by number. All others fail with EPERM.

The list was derived with strace from complete packs (pictures of every format, several volumes) under Python 3.11 and
3.13.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_LOAD_WORD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
RETURN_ALLOW: Final = 0x7FFF0000
RETURN_KILL_PROCESS: Final = 0x80000000
RETURN_USER_NOTIFICATION: Final = 0x7FC00000
RETURN_EPERM: Final = 0x00050001
RETURN_ENOSYS: Final = 0x00050026

# The C structure seccomp_data: number, architecture, instruction pointer, six 64-bit arguments (little-endian here).
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET, _ARGUMENTS_OFFSET = 0, 4, 16
_X32_BIT: Final = 0x40000000

# Call name: number on x86_64, number on aarch64; None if that architecture has no such call.
SYSCALL_NUMBERS: Final[dict[str, tuple[int | None, int | None]]] = {
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
class _ArgumentRule:
    """A call that is allowed only for listed values of one argument (its lower 32 bits)."""

    numbers: tuple[int, int]
    argument_index: int
    values: tuple[int, ...]
    action: int = RETURN_ALLOW
    is_64_bit: bool = False


# CLONE_VM|FS|FILES|SIGHAND|THREAD|SYSVSEM|SETTLS|PARENT_SETTID|CHILD_CLEARTID, as glibc creates a thread; musl adds
# DETACHED. No other clone is allowed, so that no process can be created.
_THREAD_CLONE_RULE: Final = _ArgumentRule((56, 220), 0, (0x3D0F00, 0x7D0F00), RETURN_USER_NOTIFICATION)
_ARGUMENT_RULES: Final = (
    # TCGETS, FIONCLEX, FIOCLEX: Python tests whether a file is a terminal and sets close-on-exec.
    _ArgumentRule((16, 29), 1, (0x5401, 0x5450, 0x5451)),
    # F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC. Not F_SETPIPE_SZ (memory), F_SETOWN or F_SETSIG (signals).
    _ArgumentRule((72, 25), 1, (1, 2, 3, 1030)),
    # PR_SET_NAME: names a thread.
    _ArgumentRule((157, 167), 0, (15,)),
    # prlimit64 to read a limit: the pointer to the new limit is null.
    _ArgumentRule((302, 261), 2, (0,), is_64_bit=True),
)
_CLONE3_NUMBER: Final = 435
_ARCHITECTURES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

BpfInstruction = tuple[int, int, int, int]


def is_machine_supported(machine: str) -> bool:
    """Return whether the call numbers of an architecture (platform.machine()) are listed."""
    return machine in _ARCHITECTURES


def allow_list_filter(machine: str, *, allow_threads: bool) -> bytes:
    """Return the filter that allows listed calls, and clone for threads if `allow_threads`; all else fails with EPERM.

    clone3 fails with ENOSYS, because its flags are in memory that a filter cannot read; the C library then uses clone.
    """
    column, _ = _ARCHITECTURES[machine]
    instructions = _architecture_check(machine)
    unconditional = [pair[column] for pair in SYSCALL_NUMBERS.values()]
    for number in (number for number in unconditional if number is not None):
        instructions += [(_JUMP_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, RETURN_ALLOW)]
    for rule in (*_ARGUMENT_RULES, *((_without_notification(_THREAD_CLONE_RULE),) if allow_threads else ())):
        instructions += _rule_instructions(rule, column)
    instructions += [
        (_JUMP_IF_EQUAL, 0, 1, _CLONE3_NUMBER),
        (_RETURN, 0, 0, RETURN_ENOSYS),
        (_RETURN, 0, 0, RETURN_EPERM),
    ]
    return _encode_program(instructions)


def thread_notification_filter(machine: str) -> bytes:
    """Return a filter that notifies its listener before each new thread and allows everything else."""
    instructions = [
        *_architecture_check(machine),
        *_rule_instructions(_THREAD_CLONE_RULE, _ARCHITECTURES[machine][0], otherwise=RETURN_ALLOW),
        (_RETURN, 0, 0, RETURN_ALLOW),
    ]
    return _encode_program(instructions)


def _without_notification(rule: _ArgumentRule) -> _ArgumentRule:
    """Return the same rule without notification, because the filter installed first already notifies the listener."""
    return _ArgumentRule(rule.numbers, rule.argument_index, rule.values)


def _architecture_check(machine: str) -> list[BpfInstruction]:
    """Return code that ends a process of another architecture and leaves the call number loaded."""
    instructions: list[BpfInstruction] = [
        (_LOAD_WORD, 0, 0, _ARCHITECTURE_OFFSET),
        (_JUMP_IF_EQUAL, 1, 0, _ARCHITECTURES[machine][1]),
        (_RETURN, 0, 0, RETURN_KILL_PROCESS),
    ]
    instructions.append((_LOAD_WORD, 0, 0, _NUMBER_OFFSET))
    if machine == "x86_64":
        instructions += [(_JUMP_IF_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, RETURN_EPERM)]
    return instructions


def _rule_instructions(rule: _ArgumentRule, column: int, otherwise: int = RETURN_EPERM) -> list[BpfInstruction]:
    """Return code for one call and its argument.

    Every path that loads the argument returns, so later rules still find the call number loaded.
    """
    low_word_offset = _ARGUMENTS_OFFSET + 8 * rule.argument_index
    inner: list[BpfInstruction] = []
    if rule.is_64_bit:
        inner += [(_LOAD_WORD, 0, 0, low_word_offset + 4), (_JUMP_IF_EQUAL, 1, 0, 0), (_RETURN, 0, 0, otherwise)]
    inner.append((_LOAD_WORD, 0, 0, low_word_offset))
    for value in rule.values:
        inner += [(_JUMP_IF_EQUAL, 0, 1, value), (_RETURN, 0, 0, rule.action)]
    inner.append((_RETURN, 0, 0, otherwise))
    return [(_JUMP_IF_EQUAL, 0, len(inner), rule.numbers[column]), *inner]


def _encode_program(instructions: Sequence[BpfInstruction] | Iterable[BpfInstruction]) -> bytes:
    """Encode the program as an array of the C structure sock_filter."""
    return b"".join(struct.pack("=HBBI", *step) for step in instructions)
