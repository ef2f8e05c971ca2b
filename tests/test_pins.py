"""Third-party code is pinned by digest and runs nothing at installation; no unauthenticated encryption is used."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).resolve().parent.parent
LOCK_FILES = [
    "requirements.lock",
    "requirements-setup.lock",
    "requirements-dev.lock",
    ".ci/node.lock",
    ".ci/witness.lock",
]
UNAUTHENTICATED_ENCRYPTION = re.compile(
    r"AES-(?:CBC|CTR|ECB|KW)|modes\.(?:CBC|CTR|ECB|OFB|CFB)|PBKDF2|TripleDES|ARC4|RSA-OAEP|PKCS1v15", re.IGNORECASE
)


def pinned_requirements(text: str) -> list[tuple[str, int]]:
    """Return each requirement of a lock file, and its number of digests."""
    entries = re.split(
        r"\n(?=[A-Za-z0-9])", "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    )
    return [
        (entry.split()[0], len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)))
        for entry in entries
        if entry.strip()
    ]


@pytest.mark.parametrize("lock", LOCK_FILES)
def test_every_python_package_has_one_version_and_its_digests(lock: str) -> None:
    """The lock has `name==version` and SHA-256; pyproject.toml requires exact versions."""
    digest_counts = pinned_requirements((PROJECT_ROOT / lock).read_text(encoding="utf-8"))
    assert digest_counts
    assert [
        name for name, digests in digest_counts if not re.fullmatch(r"[\w.\-\[\]]+==[\w.+!]+", name) or not digests
    ] == []
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [
        *project["project"].get("optional-dependencies", {}).values(),
        *project.get("dependency-groups", {}).values(),
    ]
    requirements = [
        *project["project"]["dependencies"],
        *project["build-system"]["requires"],
        *(one for group in groups for one in group),
    ]
    assert [one for one in requirements if "==" not in one] == []


def test_a_server_gets_no_package_that_only_builds_or_tests() -> None:
    """requirements.lock is for servers; each longer list contains the shorter one with the same versions."""
    served, checkout, tests = (
        {name for name, _ in pinned_requirements((PROJECT_ROOT / lock).read_text("utf-8"))} for lock in LOCK_FILES[:3]
    )
    assert served < checkout < tests
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    builds = set(project["build-system"]["requires"])
    assert builds <= tests
    assert served & {*builds, *project["project"]["optional-dependencies"]["setup"]} == {
        "markupsafe==3.0.4",
        "tzdata==2026.6",
    }


def test_every_node_package_has_one_version_and_its_digest() -> None:
    """package.json requires exact versions, and each package of the lock has its integrity."""
    package_file = json.loads((PROJECT_ROOT / "package.json").read_text(encoding="utf-8"))
    expected_versions = {**package_file["dependencies"], **package_file["devDependencies"]}
    assert [name for name, version in expected_versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
    packages = json.loads((PROJECT_ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert [name for name, one in packages.items() if name and not one.get("integrity", "").startswith("sha512-")] == []


def test_nothing_is_installed_without_its_digest_or_with_its_scripts() -> None:
    """Each pip call in setup requires hashes, and each npm call ignores scripts.

    The exception is this project itself, as a checkout or as a wheel without an index.
    """
    calls = []
    for path in [*(PROJECT_ROOT / ".ci").glob("*.py"), PROJECT_ROOT / "Makefile"]:
        lines = path.read_text(encoding="utf-8").splitlines()
        calls += [
            line
            for line in lines
            if re.search(r'"pip", "install"|"npm", "(?:ci|install|i)"|npm (?:ci|install|i) ', line)
        ]
    assert len(calls) == 9
    for call in calls:
        if "npm" in call:
            assert "--ignore-scripts" in call, call
        else:
            own = (
                '"--no-deps", "--no-build-isolation", "-e", "."',
                '"--no-index", "--force-reinstall", *options, wheel',
            )
            assert "--require-hashes" in call or any(command in call for command in own), call


def test_no_unchecked_mode_of_encryption_is_in_the_code() -> None:
    """Neither program names an unauthenticated mode, nor the derivations and key wraps of older tools."""
    files = [*(PROJECT_ROOT / "diary").rglob("*.py"), *(PROJECT_ROOT / "static" / "js").rglob("*.js")]
    assert len(files) > 100
    assert [str(path) for path in files if UNAUTHENTICATED_ENCRYPTION.search(path.read_text(encoding="utf-8"))] == []
    assert UNAUTHENTICATED_ENCRYPTION.search("{ name: 'AES-CBC', iv }")
