"""A log witness and a reader of logs that are not ours (aics-witness, aics-tlog), run as their own programs over HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.running import ROOT

PROGRAMS = ROOT / ".venv" / "witness" / "bin"


def log_vkey(log: str, pub: bytes) -> str:
    """A notary's key as signed-note writes keys; made here from the specification, not by our code."""
    key = hashlib.sha256(log.encode() + b"\n\x01" + pub).digest()[:4]
    return f"{log}+{key.hex()}+{base64.b64encode(bytes([1]) + pub).decode()}"


@dataclass
class WitnessProgram:
    """The witness with its folder. `vkey`: as it published it when it was set up; `url`: its address while it runs."""

    folder: Path
    name: str
    vkey: str
    port: int

    @property
    def url(self) -> str:
        """Its submission prefix."""
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments: str) -> str:
        """One of its commands; what it printed."""
        command = [PROGRAMS / "aics-witness", arguments[0], "--config", self.folder / "witness.json", *arguments[1:]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def trusts(self, log: str, pub: bytes) -> None:
        """Name a log to it."""
        self.run("add-log", "--origin", log, "--vkey", log_vkey(log, pub))

    def settings(self) -> Path:
        """A file for DIARY_WITNESSES that names it."""
        path = self.folder / "witnesses.toml"
        told = {"name": self.name, "key": self.vkey, "url": self.url}
        path.write_text("[[witness]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in told.items()))
        return path

    def latest(self, log: str) -> bytes:
        """The checkpoint it cosigned last, from its own monitoring address."""
        found = httpx.get(f"{self.url}/{hashlib.sha256(log.encode()).hexdigest()}/checkpoint", trust_env=False)
        assert found.status_code == 200, found.text
        return found.content

    @contextmanager
    def serving(self) -> Iterator[None]:
        """The witness answering."""
        command = [PROGRAMS / "aics-witness", "serve", "--config", self.folder / "witness.json"]
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while running.poll() is None:
                try:
                    httpx.get(f"{self.url}/healthz", trust_env=False)
                    break
                except httpx.TransportError:
                    continue
            assert running.poll() is None
            yield
        finally:
            running.terminate()
            running.wait()


def new_witness(folder: Path, name: str = "witness.example/w1") -> WitnessProgram:
    """A witness with a key of its own that knows no log yet."""
    folder.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [PROGRAMS / "aics-witness", "init", "--config", folder / "witness.json", "--name", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    path = folder / "witness.json"
    told = json.loads(path.read_text())
    told["witness"]["listen"] = f"127.0.0.1:{port}"
    path.write_text(json.dumps(told))
    (vkey,) = {word for word in done.stdout.split() if word.startswith(f"{name}+")}
    return WitnessProgram(folder, name, vkey, port)


def read_tiles(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    """`aics-tlog`: its status and what it found."""
    done = subprocess.run([PROGRAMS / "aics-tlog", *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)
