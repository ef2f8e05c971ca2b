"""Whether the clock is right: compared with times that were recorded before, and synchronised by the system."""

import ctypes
from typing import Final

MAX_CLOCK_SKEW_MS: Final = 2_000
_STA_UNSYNC: Final = 0x40


def find_clock_fault(now_ms: int, newest_recorded_ms: int, *, is_synchronised: bool | None) -> str:
    """Return the fault of the clock as a clause, '' if none was found.

    `newest_recorded_ms`: the newest time that this server recorded. `is_synchronised` is None if the system does not
    say.
    """
    if newest_recorded_ms > now_ms + MAX_CLOCK_SKEW_MS:
        return f"{(newest_recorded_ms - now_ms) // 1000} s behind the newest recorded time"
    return "not synchronised" if is_synchronised is False else ""


def read_synchronisation() -> bool | None:
    """Return whether the kernel reports a synchronised clock, or None if it reports nothing.

    A clock that somebody sets by hand counts as not synchronised, so this also finds one that is ahead.
    """
    # struct timex is longer than the fields used here: `modes` 0 only reads, and `status` is at index 5.
    buffer = (ctypes.c_long * 64)()
    try:
        if ctypes.CDLL(None, use_errno=True).adjtimex(buffer) == -1:
            return None
    except (OSError, AttributeError):
        return None
    return not buffer[5] & _STA_UNSYNC
