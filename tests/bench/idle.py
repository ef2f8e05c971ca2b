"""Memory of an idle server compared with a bare Starlette under the same uvicorn, and the size of a first load."""

import gzip
import json
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from diary.paths import STATIC
from diary.samples.demo import running_server
from tests.bench.push import FLOOR_SERVER, free_port, wait_for
from tests.bench.rows import Row, make_row
from tests.test_first_load import UNLOCK_SCRIPT

WHERE = "this computer"
BAR_MB = 80
BAR_KB = 90


def measure_rows() -> list[Row]:
    """Return one row for memory in MB, and one for the bytes of a first load in KB."""
    with tempfile.TemporaryDirectory() as name:
        server_mb, floor = _measure_server(Path(name) / "ours"), _measure_bare_server(Path(name) / "floor.sqlite3")
    first_load_paths = [UNLOCK_SCRIPT, *STATIC.glob("css/*.css")]
    first_load_kb = sum(path.stat().st_size for path in first_load_paths) / 1000
    packed = sum(len(gzip.compress(path.read_bytes(), 9, mtime=0)) for path in first_load_paths) / 1000
    first = "scripts and styles before first use, packed, KB (floor: plain)"
    return [
        make_row("memory of an idle worker, MB", WHERE, server_mb, floor, f"at most {BAR_MB} MB", server_mb <= BAR_MB),
        make_row(first, WHERE, packed, first_load_kb, f"at most {BAR_KB} KB", packed <= BAR_KB),
    ]


def _measure_server(data: Path) -> float:
    """Return resident MB after serving the page and some files."""
    with running_server(data) as origin:
        for path in ("/", "/sw.js", "/static/app/main.js", "/v1/server"):
            port = origin.rpartition(":")[2]
            page_request = urllib.request.Request(
                f"http://127.0.0.1:{port}{path}", headers={"Host": f"localhost:{port}"}
            )
            urllib.request.urlopen(page_request, timeout=10).read()
        return max(
            _resident_mb(pid) for pid in _child_processes() if b"serve" in Path(f"/proc/{pid}/cmdline").read_bytes()
        )


def _measure_bare_server(database: Path) -> float:
    """Return resident MB of a bare Starlette with one route and aiosqlite."""
    port = free_port()
    child = subprocess.Popen([sys.executable, "-c", FLOOR_SERVER, str(database), str(port)])
    try:
        wait_for(port)
        return _resident_mb(child.pid)
    finally:
        child.terminate()
        child.wait()


def _child_processes() -> list[int]:
    """Return the ids of this process's children."""
    return [int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]


def _resident_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    for row in measure_rows():
        print(json.dumps(row))
