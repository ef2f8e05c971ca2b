"""Gives a reader bytes, and says what it did that no reader may do."""

import signal
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Final

from tests.fuzzing.changing import changed
from tests.fuzzing.seeds import CORPUS
from tests.fuzzing.targets import TARGETS, Target

# Of the processor's time, not the clock's: a busy machine does not make a reader slow.
SECONDS: Final = 10


class TooSlowError(BaseException):
    """Not an Exception, so that no reader takes it for one of its own."""


@dataclass(frozen=True, slots=True)
class Crash:
    """What a reader did with bytes that it should have read or refused."""

    target: str
    raw: bytes
    why: str


def corpus_of(form: str) -> list[bytes]:
    """The files of a form, always in the same order."""
    return [path.read_bytes() for path in sorted((CORPUS / form).iterdir())]


def give(target: Target, raw: bytes) -> str | None:
    """None when the reader answered or raised one of its own errors, else what it did."""
    try:
        target.read(raw)
    except target.errors:
        return None
    except TooSlowError:
        return f"more than {SECONDS} seconds of the processor"
    except Exception:  # noqa: BLE001  # the very thing that is looked for
        return traceback.format_exc()
    return None


def give_in_time(target: Target, raw: bytes) -> str | None:
    """The same, with an end."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        return give(target, raw)
    except TooSlowError:  # it came while the answer was on its way out
        return f"more than {SECONDS} seconds of the processor"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def crashes(name: str, runs: int, first: int = 0) -> Iterator[Crash]:
    """What a reader does wrong with its corpus, unchanged and changed by each of `runs` seeds."""
    target = TARGETS[name]
    corpus: Sequence[bytes] = corpus_of(target.form)
    for raw in [*corpus, *(changed(seed, corpus) for seed in range(first, first + runs))]:
        if why := give_in_time(target, raw):
            yield Crash(name, raw, why)
