"""Pack worker: `python -I -m diary.pack.worker FOLDER` builds one pack in isolation and exits.

diary/pack/sandbox/supervisor.py supervises it. It communicates over standard input and output only.

- Input: frames (u32 length ‖ bytes), first the capsule, then each requested sealed part, empty if there is none.
- Output: one JSON object a line: `{"want":[blob,i]}`, `{"step","done","total"}`, and at the end
  `{"front":name,"unprinted":[label]}` or `{"failed":code,"sentence"}`.
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
from diary.pack.documents.opened_files import lay_out
from diary.pack.sandbox.supervisor import IsolatedJob, LayoutClient, supervise

PART_LIMIT_BYTES: Final = 1 << 20


def main() -> int:
    """Build a pack and print the result.

    Return the exit code: 0 if the last line was written and no process is left over.
    """
    folder, *flags = sys.argv[1:]
    # Use the time zones of the tzdata package, so that a pack has the same bytes on every machine.
    zoneinfo.reset_tzpath(())
    job_folder = Path(folder)
    return supervise(
        IsolatedJob(
            folder=job_folder,
            run_work=partial(_build_pack, job_folder),
            lay_out=partial(lay_out, job_folder),
            on_unavailable=_report_failure,
            in_bubblewrap="--in-bubblewrap" in flags,
            is_unsandboxed="--unsandboxed" in flags,
        )
    )


def _build_pack(folder: Path, layout_client: LayoutClient) -> int:
    """Read the capsule and build the front part inside the isolated process."""
    output, input_stream = sys.stdout, sys.stdin.buffer
    try:
        capsule = reader.read_capsule(_read_frame(input_stream, reader.CAPSULE_LIMIT_BYTES))

        def fetch(blob: str, i: int) -> bytes:
            _write_message(output, {"want": [blob, i]})
            part = _read_frame(input_stream, PART_LIMIT_BYTES)
            if not part:
                raise NotFound
            return part

        def progress(step: str, done: int, total: int) -> None:
            _write_message(output, {"done": done, "step": step, "total": total})

        front = build.build_front(capsule, fetch, folder, progress, layout_client)
    except KeptError as error:
        return _report_failure(error)
    except Exception:  # noqa: BLE001 - an error message may contain diary text and must not leave the worker
        _write_message(output, {"failed": "pack_failed", "sentence": "The pack could not be built."})
    else:
        _write_message(output, {"front": front.path.name, "unprinted": front.unprinted})
    return 0


def _report_failure(error: KeptError) -> int:
    """Print why there is no pack."""
    _write_message(sys.stdout, {"failed": error.code, "sentence": error.message})
    return 0


def _read_frame(input_stream: IO[bytes], limit: int) -> bytes:
    """Read the next frame. Raise Unavailable at the end of the input, and BadRequest for a frame that is too long."""
    length = int.from_bytes(input_stream.read(4), "big")
    if length > limit:
        raise BadRequest("That is too large.")
    raw = input_stream.read(length)
    if len(raw) != length:
        raise Unavailable("The server stopped.")
    return raw


def _write_message(output: IO[str], message: dict[str, object]) -> None:
    """Print one message, which contains only file names, numbers, labels such as `JB/3`, and fixed sentences."""
    output.write(json.dumps(message) + "\n")
    output.flush()


if __name__ == "__main__":
    raise SystemExit(main())
