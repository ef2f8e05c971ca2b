"""Run a reader on bytes, and report forbidden behaviour."""

import signal
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Final

from tests.fuzzing.mutation import mutated_input
from tests.fuzzing.seeds import CORPUS
from tests.fuzzing.targets import TARGETS, ReaderTarget

# Processor time, not wall time: a busy machine does not make a reader slow.
TIME_LIMIT_SECONDS: Final = 10


class TooSlowError(BaseException):
    """Timeout. Not an Exception, so that no reader catches it."""


@dataclass(frozen=True, slots=True)
class Crash:
    """What a reader did with bytes that it should have read or refused."""

    target: str
    raw: bytes
    reason: str


def corpus_of(form: str) -> list[bytes]:
    """Return the files of a format, always in the same order."""
    return [path.read_bytes() for path in sorted((CORPUS / form).iterdir())]


def run_reader(target: ReaderTarget, raw: bytes) -> str | None:
    """Return None when the reader answered or raised one of its own errors, else what it did."""
    try:
        target.reader(raw)
    except target.allowed_errors:
        return None
    except TooSlowError:
        return f"more than {TIME_LIMIT_SECONDS} seconds of the processor"
    except Exception:  # noqa: BLE001  # the very thing that is looked for
        return traceback.format_exc()
    return None


def run_reader_with_timeout(target: ReaderTarget, raw: bytes) -> str | None:
    """Run a reader as `run_reader` does, with a time limit."""

    def raise_too_slow(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGPROF, raise_too_slow)
    signal.setitimer(signal.ITIMER_PROF, TIME_LIMIT_SECONDS)
    try:
        return run_reader(target, raw)
    except TooSlowError:  # raised while the result was being returned
        return f"more than {TIME_LIMIT_SECONDS} seconds of the processor"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def find_crashes(name: str, runs: int, first_seed: int = 0) -> Iterator[Crash]:
    """Return the failures of a reader on its corpus, unchanged and mutated by each of `runs` seeds."""
    target = TARGETS[name]
    corpus: Sequence[bytes] = corpus_of(target.form)
    for raw in [*corpus, *(mutated_input(seed, corpus) for seed in range(first_seed, first_seed + runs))]:
        if reason := run_reader_with_timeout(target, raw):
            yield Crash(name, raw, reason)
