"""The SBOM of a wheel, in CycloneDX: the npm packages whose files it contains, and the Python packages it depends on.

It is part of the wheel's metadata (PEP 770). Its data comes only from the lock files, so every build makes equal bytes.
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import engine
import vendor
from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from hatchling.builders.utils import get_reproducible_timestamp
from packageurl import PackageURL

LICENSES = LicenseFactory()
# One package of requirements.lock: name, version, marker, and the digests of its files.
PINNED_PACKAGE = re.compile(
    r"^([\w.-]+)==([^\s;]+)(?: ; ([^\n]+?))? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


def make_sbom(root: Path, version: str) -> str:
    """Return the SBOM as JSON, for the wheel of `version` that is built in `root`."""
    kept_component = Component(
        type=ComponentType.APPLICATION, name="kept", version=version, bom_ref=f"pkg:pypi/kept@{version}",
        purl=PackageURL("pypi", None, "kept", version), licenses=[LICENSES.make_from_string("Apache-2.0")],
    )  # fmt: skip
    components = [*_npm_components(root / "package-lock.json"), *_pypi_components(root / "requirements.lock")]
    # Derived from the content, because a random number would make each build different.
    serial_number = uuid.uuid5(
        uuid.NAMESPACE_URL, "\n".join(sorted([str(kept_component.purl), *(str(part.purl) for part in components)]))
    )
    bom = Bom(components=components, serial_number=serial_number)
    bom.metadata.component = kept_component
    bom.metadata.timestamp = datetime.fromtimestamp(get_reproducible_timestamp(), UTC)
    bom.register_dependency(kept_component, components)
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def npm_packages_in_wheel() -> set[str]:
    """Return the npm packages whose files .ci/vendor.py and .ci/engine.py copy."""
    names = {package for package, *_ in vendor.BROWSER_PACKAGES} | {
        f"@expo-google-fonts/{name}" for name in vendor.FONT_FILES
    }
    names |= {name for name, _ in (*engine.PUBLISHED_FILES, *engine.READER_LANGUAGES)} | {"tesseract.js-core"}
    return {"/".join(name.split("/")[: 2 if name[0] == "@" else 1]) for name in names} | {"@scure/bip39"}


def _npm_components(lock_path: Path) -> Iterator[Component]:
    """Yield each package of which the wheel contains files, with the digest of its archive."""
    packages = json.loads(lock_path.read_text(encoding="utf-8"))["packages"]
    for name in sorted(npm_packages_in_wheel()):
        package = packages[f"node_modules/{name}"]
        group, _, base_name = name.rpartition("/")
        algorithm, _, digest = package["integrity"].partition("-")
        assert algorithm == "sha512"
        purl = PackageURL("npm", group or None, base_name, package["version"])
        archive = f"https://registry.npmjs.org/{name}/-/{base_name}-{package['version']}.tgz"
        yield Component(
            type=ComponentType.LIBRARY, group=group or None, name=base_name, version=package["version"], purl=purl,
            bom_ref=str(purl),
            licenses=[LICENSES.make_from_string(package["license"])], scope=ComponentScope.REQUIRED,
            external_references=[
                ExternalReference(
                    type=ExternalReferenceType.DISTRIBUTION, url=XsUri(archive),
                    hashes=[HashType(alg=HashAlgorithm.SHA_512, content=base64.b64decode(digest).hex())],
                )
            ],
        )  # fmt: skip


def _pypi_components(lock_path: Path) -> Iterator[Component]:
    """Yield each package that is installed with the wheel, with its files' digests. Some are for some systems only."""
    for name, version, marker, digests in PINNED_PACKAGE.findall(lock_path.read_text(encoding="utf-8")):
        purl = PackageURL("pypi", None, name, version)
        yield Component(
            type=ComponentType.LIBRARY, name=name, version=version, purl=purl, bom_ref=str(purl),
            scope=ComponentScope.OPTIONAL if marker else ComponentScope.REQUIRED,
            external_references=[
                ExternalReference(
                    type=ExternalReferenceType.DISTRIBUTION, url=XsUri(f"https://pypi.org/simple/{name}/"),
                    hashes=[
                        HashType(alg=HashAlgorithm.SHA_256, content=digest)
                        for digest in re.findall(r"[0-9a-f]{64}", digests)
                    ],
                )
            ],
        )  # fmt: skip
