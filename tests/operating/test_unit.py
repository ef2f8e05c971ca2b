"""The published systemd unit: its restrictions are reproduced here, and the pack builder runs under them.

Tests have no systemd, so each line of the unit is reproduced with mounts and limits in a namespace. A line that this
file does not list fails: add its restriction here as well.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli_runner import PROJECT_ROOT

pytestmark = pytest.mark.slow
UNIT_PATH = PROJECT_ROOT / "docs" / "deploy" / "kept.service"
# Lines of [Service] that restrict nothing.
UNRESTRICTING_KEYS = {
    "User",
    "Group",
    "WorkingDirectory",
    "EnvironmentFile",
    "ExecStartPre",
    "ExecStart",
    "Restart",
    "TimeoutStopSec",
}
# No directory listing; the test program may be below this folder.
HIDE_FOLDER_COMMAND = "mount -t tmpfs -o mode=0111 none"
ALLOWED_DEVICES = "null zero full random urandom tty"
# A process that already has a system call filter, as under systemd. It allows everything: the test is about stacking.
SECCOMP_WRAPPER = """
import ctypes, os, platform, struct, sys
from diary.pack.sandbox import confinement
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
confinement._install_filter(libc, platform.machine(), struct.pack("=HBBI", 6, 0, 0, 0x7FFF0000), 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
# By line of the unit: shell commands with the same restriction, run by root of a user namespace.
SHELL_STEP_BY_LINE = {
    "NoNewPrivileges=yes": "",  # done by setpriv, at the end
    "RestrictSUIDSGID=yes": "",  # done by a system call filter, at the end
    "LimitCORE=0": "ulimit -c 0",
    # Not in the unit, and must not be: see the last tests.
    "ProtectKernelTunables=yes": (
        "for at in /proc/sys /proc/irq /proc/bus /proc/fs /proc/sysrq-trigger; do"
        " [ ! -e $at ] || { mount --rbind $at $at; mount -o remount,bind,ro $at; }; done;"
        " for at in /proc/kallsyms /proc/kcore; do [ ! -e $at ] || mount --bind /dev/null $at; done"
    ),
    "ProtectProc=hidepid=invisible": "mount -t proc -o hidepid=invisible proc /proc",
    "ProtectProc=hidepid=noaccess": "mount -t proc -o hidepid=noaccess proc /proc",
    "UMask=0077": "umask 0077",
    "PrivateTmp=yes": "mount -t tmpfs none /tmp; mount -t tmpfs none /var/tmp",
    "ProtectHome=yes": f"for at in /home /root; do {HIDE_FOLDER_COMMAND} $at; done",
    "ProtectKernelModules=yes": f"[ ! -d /usr/lib/modules ] || {HIDE_FOLDER_COMMAND} /usr/lib/modules",
    "ProtectControlGroups=yes": "mount --rbind /sys/fs/cgroup /sys/fs/cgroup; mount -o remount,bind,ro /sys/fs/cgroup",
    "PrivateDevices=yes": (
        "mkdir /mnt/dev; mount -t tmpfs -o noexec,mode=0755 none /mnt/dev; mkdir /mnt/dev/shm;"
        f" for one in {ALLOWED_DEVICES}; do : > /mnt/dev/$one; mount --bind /dev/$one /mnt/dev/$one; done;"
        " mount --bind /dev/shm /mnt/dev/shm; mount --move /mnt/dev /dev"
    ),
    "ProtectSystem=strict": "mount -o remount,bind,ro / && mount -o remount,bind,ro /usr 2>/dev/null || true",
    "ReadWritePaths=/var/lib/kept": "mount --move /mnt/data /var/lib/kept",
}
# Order in which they can be applied: no folder can be created in a read-only root.
STEP_ORDER = [*(name for name in SHELL_STEP_BY_LINE if not name.startswith("ProtectSystem")), "ProtectSystem=strict"]


def service_lines(unit: str) -> list[str]:
    """Return the lines of [Service]."""
    service = unit.partition("[Service]\n")[2].partition("\n[")[0]
    return [line for line in service.splitlines() if line and not line.startswith("#")]


def restricting_lines(unit: str) -> list[str]:
    """Return the restricting lines. Fails for a line that is not reproduced here."""
    restricting = [line for line in service_lines(unit) if line.partition("=")[0] not in UNRESTRICTING_KEYS]
    assert set(restricting) <= set(SHELL_STEP_BY_LINE), "make in STEPS what these take away"
    return restricting


def sandbox_script(unit: str, data: Path, command: list[str]) -> str:
    """Return a shell script that runs `command` under the unit's lines; /var/lib/kept is `data`."""
    readable_paths = [str(PROJECT_ROOT), sys.base_prefix]
    steps = [
        "set -e",
        "mount -t tmpfs none /mnt",
        *(f"mkdir -p /mnt/{i}; mount --rbind {shlex.quote(place)} /mnt/{i}" for i, place in enumerate(readable_paths)),
        f"mkdir /mnt/data; mount --bind {shlex.quote(str(data))} /mnt/data",
        "mount -t tmpfs -o mode=0755 none /var/lib; mkdir /var/lib/kept",
    ]
    lines = restricting_lines(unit)
    for line in STEP_ORDER:
        if line == "ProtectSystem=strict":
            # Folder of the test program; /srv/kept on a server.
            for i, place in enumerate(map(shlex.quote, readable_paths)):
                steps.append(
                    f"(umask 022; mkdir -p {place}); mount --move /mnt/{i} {place}; mount -o remount,bind,ro {place}"
                )
        if line in lines:
            steps.append(SHELL_STEP_BY_LINE[line])
    ordinary = ["--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    privilege_options = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    run = ["setpriv", *ordinary, *privilege_options, sys.executable, "-c", SECCOMP_WRAPPER, *command]
    return "\n".join([*steps, f"cd {shlex.quote(str(PROJECT_ROOT))}", f"exec {shlex.join(run)}"])


def run_under_unit(unit: str, data: Path, command: list[str], **env: str) -> subprocess.CompletedProcess[str]:
    """Run `python COMMAND` under a unit's restrictions."""
    spaces = ["--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if os.geteuid() == 0:
        os.chown(data, 65534, 65534)
    else:
        spaces += ["--user", "--map-root-user"]
    space = ["unshare", *spaces, "sh", "-c"]
    return subprocess.run(
        [*space, sandbox_script(unit, data, command)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", **env},
    )


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """Return a data folder for the test."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


PROBE_SCRIPT = """
import json, os
def refused(act):
    try: act()
    except OSError: return True
    return False
status = open("/proc/self/status").read()
print(json.dumps({
    "root": refused(lambda: open("/etc/kept-test", "w")),
    "program": refused(lambda: open("diary/kept-test", "w")),
    "home": refused(lambda: os.listdir("/home")),
    "tunables": refused(lambda: open("/proc/sys/kernel/core_pattern", "w")),
    "devices": refused(lambda: open("/dev/kmsg")),
    "data": not refused(lambda: open("/var/lib/kept/x", "w")),
    "capabilities": "CapEff:\\t0000000000000000" in status,
    "privileges": "NoNewPrivs:\\t1" in status,
    "filter": "Seccomp:\\t2" in status,
}))
"""


def test_each_unit_line_restricts_what_it_names(data_folder: Path) -> None:
    """Each reproduced line has its effect."""
    result = run_under_unit(UNIT_PATH.read_text(), data_folder, ["-c", PROBE_SCRIPT])
    assert result.returncode == 0, result.stderr
    probe_report = json.loads(result.stdout)
    assert all(probe_report.values()), probe_report


def test_the_builder_is_isolated_under_the_unit(data_folder: Path) -> None:
    """The builder itself reports that it is isolated, when asked as the server and doctor do."""
    result = run_under_unit(
        UNIT_PATH.read_text(),
        data_folder,
        ["-c", "from diary import isolation; print(repr(isolation.detect_isolation()))"],
    )
    assert result.stdout.strip() == "Isolation(bubblewrap_path='', failure_reason='')", result.stdout + result.stderr


def test_a_pack_is_made_under_the_unit(data_folder: Path) -> None:
    """A server, a diary with pictures and a pack by the isolated builder work under the unit."""
    result = run_under_unit(
        UNIT_PATH.read_text(),
        data_folder,
        ["-m", "diary", "demo", "--out", "/var/lib/kept/pack.zip"],
        HOME="/var/lib/kept",
    )
    assert result.returncode == 0 and (data_folder / "pack.zip").stat().st_size > 100_000, result.stdout + result.stderr


MOUNT_PROBE_SCRIPT = """
import subprocess
space = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "mount", "-t", "proc", "proc", "/proc"]
print(subprocess.run(space, capture_output=True).returncode)
"""


@pytest.mark.parametrize(("line", "status"), [("", "0"), ("ProtectKernelTunables=yes", "32")])
def test_bubblewrap_can_have_its_own_processes_only_where_nothing_of_proc_is_covered(
    data_folder: Path, line: str, status: str
) -> None:
    """Bubblewrap mounts /proc in a namespace, which the kernel refuses where parts of the old one are covered."""
    unit = UNIT_PATH.read_text().replace("LimitCORE=0", line)
    result = run_under_unit(unit, data_folder, ["-c", MOUNT_PROBE_SCRIPT])
    assert result.stdout.strip() == status, result.stdout + result.stderr


@pytest.mark.parametrize("kind", ["hidepid=invisible", "hidepid=noaccess"])
def test_packs_are_bounded_where_processes_are_hidden(data_folder: Path, kind: str) -> None:
    """With ProtectProc=, or on a hardened computer, the supervisor cannot see its builders' memory use, and says so."""
    unit = UNIT_PATH.read_text().replace("LimitCORE=0", f"ProtectProc={kind}")
    result = run_under_unit(
        unit, data_folder, ["-c", "from diary import isolation; print(repr(isolation.detect_isolation()))"]
    )
    assert "failure_reason='The pack builder" in result.stdout, result.stdout + result.stderr
