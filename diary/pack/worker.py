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
from diary.pack.documents.typesetting import compile_document
from diary.pack.sandbox.supervisor import IsolatedJob, LayoutClient, supervise

PART_LIMIT_BYTES: Final = 1 << 20


def main() -> int:
    """Build a pack; say how it went. The exit code is 0 whenever the last line was written and nothing was left behind."""
    folder, *flags = sys.argv[1:]
    # Time zones come from the package, so that the same pack has the same bytes on every machine.
    zoneinfo.reset_tzpath(())
    job_folder = Path(folder)
    return supervise(
        IsolatedJob(
            folder=job_folder,
            run_work=partial(_build_pack, job_folder),
            lay_out=partial(compile_document, job_folder),
            on_unavailable=_report_failure,
            in_bubblewrap="--walled" in flags,
            is_unsandboxed="--unsandboxed" in flags,
        )
    )


def _build_pack(folder: Path, layout_client: LayoutClient) -> int:
    """Read the capsule and make the front part; runs isolated."""
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
    except Exception:  # noqa: BLE001 - whatever broke may carry words of the diary, and must end here
        _write_message(output, {"failed": "pack_failed", "sentence": "The pack could not be built."})
    else:
        _write_message(output, {"front": front.name})
    return 0


def _report_failure(error: KeptError) -> int:
    """Say why there is no pack."""
    _write_message(sys.stdout, {"failed": error.code, "sentence": error.message})
    return 0


def _read_frame(input_stream: IO[bytes], limit: int) -> bytes:
    """The next frame. Raises Unavailable when the other side is gone, BadRequest for one that is too long."""
    length = int.from_bytes(input_stream.read(4), "big")
    if length > limit:
        raise BadRequest("That is too large.")
    raw = input_stream.read(length)
    if len(raw) != length:
        raise Unavailable("The server stopped.")
    return raw


def _write_message(output: IO[str], message: dict[str, object]) -> None:
    """One line to the other side; file names and numbers only."""
    output.write(json.dumps(message) + "\n")
    output.flush()


if __name__ == "__main__":
    raise SystemExit(main())
