"""Python of the pages that starts from a snapshot of its memory, for phones whose packs are not about that start.

Pyodide takes almost two seconds of processor time before it prepares a page: it starts, and reads the modules of the
pages. With the snapshot it takes half a second, and everything after that is as on a person's phone. Node makes the
snapshot (tests/js/phone/python_snapshot.mjs), once for each version of the engine's files. It stays in build/tests.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

PROJECT_ROOT = Path(__file__).parents[2]
BUILD_FOLDER = PROJECT_ROOT / "build/tests"
SNAPSHOT_SCRIPT = PROJECT_ROOT / "tests/js/phone/python_snapshot.mjs"
START_MODULE = Path(__file__).with_suffix(".mjs")
MODULE, PUBLISHED, PACKAGE_LIST = "pyodide/pyodide.mjs", "pyodide/published.mjs", "pyodide/pyodide-lock.json"


def start_from_snapshot(engine: Path) -> None:
    """Change a copy of static/engine/, so that its Python starts from a snapshot of its memory."""
    digests_path = engine / "digests.json"
    digests: dict[str, str] = json.loads(digests_path.read_text(encoding="ascii"))
    packages = (engine / PACKAGE_LIST).read_bytes()
    memory = memory_snapshot(digests_path.read_bytes() + SNAPSHOT_SCRIPT.read_bytes())
    contents = {
        PUBLISHED: gzip.decompress((engine / f"{MODULE}.gz").read_bytes()),
        MODULE: START_MODULE.read_bytes(),
        PACKAGE_LIST: len(packages).to_bytes(4, "big") + packages + memory,
    }
    for name, content in contents.items():
        (engine / f"{name}.gz").write_bytes(gzip.compress(content, compresslevel=1, mtime=0))
        digests[name] = hashlib.sha256(content).hexdigest()
    digests_path.write_text(json.dumps(digests), encoding="ascii")


def memory_snapshot(version: bytes) -> bytes:
    """Return the snapshot for this version of the engine's files. Make it first if it does not exist."""
    BUILD_FOLDER.mkdir(parents=True, exist_ok=True)
    path = BUILD_FOLDER / f"python-{hashlib.sha256(version).hexdigest()[:16]}.memory"
    with (BUILD_FOLDER / "python.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several workers begin at the same time
        if not path.exists():
            with tempfile.TemporaryDirectory(dir=BUILD_FOLDER) as folder:
                out = Path(folder, "memory")
                subprocess.run(["node", str(SNAPSHOT_SCRIPT), str(out)], check=True, cwd=PROJECT_ROOT)
                for older in BUILD_FOLDER.glob("python-*.memory"):
                    older.unlink()
                out.replace(path)
    return path.read_bytes()
