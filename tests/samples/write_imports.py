"""Write the imported entries of the fictional diaries: `python -m tests.samples.write_imports`.

The app's own import reads the files in tests/samples/received on a phone in Node.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import diary.samples
from diary.samples.fictional_diary import SAMPLE_SCRIPT
from diary.samples.training import TRAINING_SCRIPT

RECEIVED = Path(__file__).with_name("received")
SCRIPT = Path(__file__).with_name("read_received.mjs")
TABLES = {
    script.name: Path(diary.samples.__file__).with_name(f"{script.name}_imports.json")
    for script in (SAMPLE_SCRIPT, TRAINING_SCRIPT)
}


def import_received() -> dict[str, Any]:
    """Import each file on a phone in Node, and return what it wrote, by diary."""
    node = shutil.which("node")
    assert node, "needs Node"
    result = subprocess.run([node, str(SCRIPT), str(RECEIVED)], capture_output=True, check=True, timeout=120)
    imported: dict[str, Any] = json.loads(result.stdout)
    return imported


if __name__ == "__main__":
    for diary_name, rows in import_received().items():
        TABLES[diary_name].write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
