"""The worker: `python -I -m diary.pack.worker FOLDER`. One pack, isolated, then gone;
diary/pack/sandbox/supervisor.py watches it.

It speaks over its standard input and output and has nothing else. In: frames (u32 length ‖ bytes), first the
capsule, then each sealed part it asked for, empty for one there is not. Out: a JSON object a line:
`{"want":[blob,i]}`, `{"step","done","total"}`, and at the end `{"front":name}` or `{"failed":code,"sentence"}`.
"""

import json
import sys
import zoneinfo
from functools import partial
from pathlib import Path
from typing import IO, Final

from diary.errors import BadRequest, KeptError, NotFound, Unavailable
from diary.pack import build
from diary.pack.capsule import reader
from diary.pack.documents.typesetting import compile_in
from diary.pack.sandbox.supervisor import Job, Spool, supervise

PART_LIMIT: Final = 1 << 20


def main() -> int:
    """Build a pack; say how it went. The exit code is 0 whenever the last line was written and nothing was left behind."""
    folder, *flags = sys.argv[1:]
    # Time zones come from the package, so that the same pack has the same bytes on every machine.
    zoneinfo.reset_tzpath(())
    place = Path(folder)
    return supervise(
        Job(
            folder=place,
            work=partial(_build, place),
            lay_out=partial(compile_in, place),
            refused=_failed,
            is_walled="--walled" in flags,
            is_unsandboxed="--unsandboxed" in flags,
        )
    )


def _build(folder: Path, spool: Spool) -> int:
    """Read the capsule and make the front part; runs isolated."""
    speak, listen = sys.stdout, sys.stdin.buffer
    try:
        told = reader.read_capsule(_frame(listen, reader.LIMIT))

        def fetch(blob: str, i: int) -> bytes:
            _say(speak, {"want": [blob, i]})
            part = _frame(listen, PART_LIMIT)
            if not part:
                raise NotFound
            return part

        def progress(step: str, done: int, total: int) -> None:
            _say(speak, {"done": done, "step": step, "total": total})

        front = build.make_front(told, fetch, folder, progress, spool)
    except KeptError as error:
        return _failed(error)
    except Exception:  # noqa: BLE001 - whatever broke may carry words of the diary, and must end here
        _say(speak, {"failed": "pack_failed", "sentence": "The pack could not be built."})
    else:
        _say(speak, {"front": front.name})
    return 0


def _failed(error: KeptError) -> int:
    """Say why there is no pack."""
    _say(sys.stdout, {"failed": error.code, "sentence": error.sentence})
    return 0


def _frame(listen: IO[bytes], limit: int) -> bytes:
    """The next frame. Raises Unavailable when the other side is gone, BadRequest for one that is too long."""
    length = int.from_bytes(listen.read(4), "big")
    if length > limit:
        raise BadRequest("That is too large.")
    raw = listen.read(length)
    if len(raw) != length:
        raise Unavailable("The server stopped.")
    return raw


def _say(speak: IO[str], line: dict[str, object]) -> None:
    """One line to the other side; file names and numbers only."""
    speak.write(json.dumps(line) + "\n")
    speak.flush()


if __name__ == "__main__":
    raise SystemExit(main())
