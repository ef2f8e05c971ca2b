"""Format generated files in the way that `make check` expects."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIOME = ROOT / "node_modules" / "@biomejs" / "biome" / "bin" / "biome"


def format_text(path: Path, text: str) -> str:
    """Return `text` as Biome formats a file at `path`. Raise SystemExit if `make setup-quick` has not installed Biome."""
    node_path = ROOT / ".venv" / "node-path"
    node = Path(node_path.read_text().strip()) / "node" if node_path.is_file() else Path("node")
    command = [str(node), str(BIOME), "format", f"--stdin-file-path={path.relative_to(ROOT)}"]
    result = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(f"{path.name} could not be formatted: {result.stderr.strip()}. Run `make setup-quick` first.")
    return result.stdout
