"""Independent log witness and log reader (aics-witness, aics-tlog), run as programs over HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.cli_runner import PROJECT_ROOT

PROGRAM_FOLDER = PROJECT_ROOT / ".venv" / "witness" / "bin"


def log_vkey(log: str, pub: bytes) -> str:
    """Return a notary's key in signed-note's format, written from the specification and not by our code."""
    key = hashlib.sha256(log.encode() + b"\n\x01" + pub).digest()[:4]
    return f"{log}+{key.hex()}+{base64.b64encode(bytes([1]) + pub).decode()}"


@dataclass
class WitnessProgram:
    """Witness with its folder. `vkey`: the key it published at setup; `url`: its address while it runs."""

    folder: Path
    name: str
    vkey: str
    port: int

    @property
    def url(self) -> str:
        """Return its submission prefix."""
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments: str) -> str:
        """Run one of its commands, and return the output."""
        command: list[str | Path] = [
            PROGRAM_FOLDER / "aics-witness",
            arguments[0],
            "--config",
            self.folder / "witness.json",
            *arguments[1:],
        ]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def add_log(self, log: str, pub: bytes) -> None:
        """Add a log to its configuration."""
        self.run("add-log", "--origin", log, "--vkey", log_vkey(log, pub))

    def write_settings_file(self) -> Path:
        """Write a file for DIARY_WITNESSES that names it, and return the path."""
        path = self.folder / "witnesses.toml"
        entry = {"name": self.name, "key": self.vkey, "url": self.url}
        path.write_text("[[witness]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in entry.items()))
        return path

    def latest_checkpoint(self, log: str) -> bytes:
        """Return the checkpoint it cosigned last, from its monitoring address."""
        response = httpx.get(f"{self.url}/{hashlib.sha256(log.encode()).hexdigest()}/checkpoint", trust_env=False)
        assert response.status_code == 200, response.text
        return response.content

    @contextmanager
    def running_witness(self) -> Iterator[None]:
        """Run the witness within the block."""
        command: list[str | Path] = [PROGRAM_FOLDER / "aics-witness", "serve", "--config", self.folder / "witness.json"]
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while running.poll() is None:
                try:
                    httpx.get(f"{self.url}/healthz", trust_env=False)
                    break
                except httpx.TransportError:
                    time.sleep(0.05)  # asking without a pause takes as much processor time as its start
            assert running.poll() is None
            yield
        finally:
            running.terminate()
            running.wait()


def new_witness(folder: Path, name: str = "witness.example/w1") -> WitnessProgram:
    """Create a witness with a new key and no logs."""
    folder.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as port_probe:
        port = port_probe.getsockname()[1]
    command: list[str | Path] = [
        PROGRAM_FOLDER / "aics-witness",
        "init",
        "--config",
        folder / "witness.json",
        "--name",
        name,
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    path = folder / "witness.json"
    witness_output = json.loads(path.read_text())
    witness_output["witness"]["listen"] = f"127.0.0.1:{port}"
    path.write_text(json.dumps(witness_output))
    (vkey,) = {word for word in result.stdout.split() if word.startswith(f"{name}+")}
    return WitnessProgram(folder, name, vkey, port)


def read_tiles(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    """Run `aics-tlog`, and return status and output."""
    result = subprocess.run(
        [PROGRAM_FOLDER / "aics-tlog", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return result.returncode, json.loads(result.stdout)
