"""The worker: `python -I -m diary.pack.worker FOLDER`. One pack, one process, in a jail, then gone.

It speaks over its standard input and output and has nothing else. In: frames (u32 length ‖ bytes), first the
capsule, then each sealed part it asked for, empty for one there is not. Out: a JSON object a line:
`{"want":[blob,i]}`, `{"step","done","total"}`, and at the end `{"front":name}` or `{"failed":code,"sentence"}`.
"""

import json
import sys
import zoneinfo
from pathlib import Path
from typing import IO, Final

from diary.errors import BadRequest, KeptError, NotFound, Unavailable
from diary.pack import build, capsule
from diary.pack.sandbox import close_in, die_with_parent
from diary.paths import FONTS, PACKAGE

PART_LIMIT: Final = 1 << 20
# What a Python process reads while it works: its libraries, this package, fonts, and random bytes.
_SYSTEM: Final = ("/usr", "/lib", "/lib64", "/dev/urandom", "/dev/null")


def main() -> int:
    """Close in, read, build, say how it went. The exit code is 0 whenever the last line was written."""
    folder = Path(sys.argv[1])
    # Time zones come from the package, so that the same pack has the same bytes on every machine.
    zoneinfo.reset_tzpath(())
    speak, listen = sys.stdout, sys.stdin.buffer
    try:
        die_with_parent()
        close_in(readable(), [folder])
        told = capsule.read_capsule(_frame(listen, capsule.LIMIT))

        def fetch(blob: str, i: int) -> bytes:
            _say(speak, {"want": [blob, i]})
            part = _frame(listen, PART_LIMIT)
            if not part:
                raise NotFound
            return part

        def progress(step: str, done: int, total: int) -> None:
            _say(speak, {"done": done, "step": step, "total": total})

        front = build.make_front(told, fetch, folder, progress)
    except KeptError as error:
        _say(speak, {"failed": error.code, "sentence": error.sentence})
    except Exception:  # noqa: BLE001 - whatever broke may carry words of the diary, and must end here
        _say(speak, {"failed": "pack_failed", "sentence": "The pack could not be built."})
    else:
        _say(speak, {"front": front.name})
    return 0


def readable() -> list[Path]:
    """The paths the jail leaves open for reading."""
    places = [Path(place) for place in (*_SYSTEM, sys.prefix, sys.base_prefix)]
    return [*places, PACKAGE, FONTS, *(Path(place) for place in sys.path if place)]


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
