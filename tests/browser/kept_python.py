"""Python of the pages that starts from a copy of its memory, for phones whose packs are not about that start.

Pyodide takes four seconds of processor time before it prepares a page: it begins, and reads and compiles the modules
of the pages. With the copy it takes half a second, and everything after that is as on a person's phone. The copy is
made by Node (tests/js/phone/kept_python.mjs), once for each version of the engine's files, and kept in build/tests.
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
COPY_SCRIPT = PROJECT_ROOT / "tests/js/phone/kept_python.mjs"
START_MODULE = Path(__file__).with_suffix(".mjs")
MODULE, PUBLISHED, PACKAGE_LIST = "pyodide/pyodide.mjs", "pyodide/published.mjs", "pyodide/pyodide-lock.json"


def start_from_memory(engine: Path) -> None:
    """Change a copy of static/engine/, so that its Python starts from a copy of its memory."""
    digests_path = engine / "digests.json"
    digests: dict[str, str] = json.loads(digests_path.read_text(encoding="ascii"))
    packages = (engine / PACKAGE_LIST).read_bytes()
    memory = copy_of_memory(digests_path.read_bytes() + COPY_SCRIPT.read_bytes())
    contents = {
        PUBLISHED: gzip.decompress((engine / f"{MODULE}.gz").read_bytes()),
        MODULE: START_MODULE.read_bytes(),
        PACKAGE_LIST: len(packages).to_bytes(4, "big") + packages + memory,
    }
    for name, content in contents.items():
        (engine / f"{name}.gz").write_bytes(gzip.compress(content, compresslevel=1, mtime=0))
        digests[name] = hashlib.sha256(content).hexdigest()
    digests_path.write_text(json.dumps(digests), encoding="ascii")


def copy_of_memory(version: bytes) -> bytes:
    """Return the copy for this version of the engine's files; make it if there is none."""
    BUILD_FOLDER.mkdir(parents=True, exist_ok=True)
    path = BUILD_FOLDER / f"python-{hashlib.sha256(version).hexdigest()[:16]}.memory"
    with (BUILD_FOLDER / "python.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several workers begin at the same time
        if not path.exists():
            with tempfile.TemporaryDirectory(dir=BUILD_FOLDER) as folder:
                out = Path(folder, "memory")
                subprocess.run(["node", str(COPY_SCRIPT), str(out)], check=True, cwd=PROJECT_ROOT)
                for older in BUILD_FOLDER.glob("python-*.memory"):
                    older.unlink()
                out.replace(path)
    return path.read_bytes()
