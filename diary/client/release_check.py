"""Compare what a host serves with the signed list of its release, for `doctor` and `verify-host`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diary.client.host_probe import HostProbe, ProbeResponse
from diary.encoding import unb64
from diary.errors import BadRequest, BadSignature
from diary.ledger import releases

UNSIGNED_FAULT: Final = "this release is not signed, so this shows nothing"
BAD_SIGNATURE_FAULT: Final = "the signed list does not hold under this release key"
RELEASE_LIST_PATH: Final = "/release.json"
_STATUS_OK: Final = 200
_MISSING_STATUSES: Final = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class ReleaseComparison:
    """Result of comparing served files with listed ones.

    `file_count`: files listed; `differing_paths`: addresses whose content differs or is missing; `failures`: what
    happened instead, for each file that could not be compared.
    """

    file_count: int
    differing_paths: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """Return the faults in words, without a full stop; '' if every file matches."""
        parts = []
        if self.differing_paths:
            parts.append(
                f"{len(self.differing_paths)} of {self.file_count} files differ, {self.differing_paths[0]} first"
            )
        if self.failures:
            parts.append(f"{len(self.failures)} of {self.file_count} files could not be asked for: {self.failures[0]}")
        return "; ".join(parts)


def compare_release(probe: HostProbe, url: str, expected_digests: Mapping[str, str]) -> ReleaseComparison:
    """Fetch the listed addresses (address → SHA-256, hex) from the host at `url`, and compare.

    A failed request does not count as a difference. If no listed file is served, all count as failures: the 404s may
    come from another site.
    """
    responses = dict(zip(expected_digests, probe.get_all(url, list(expected_digests)), strict=True))
    none_served = not any(candidate is not None and candidate.status == _STATUS_OK for candidate in responses.values())
    differing_paths, failures = [], []
    for path, response in responses.items():
        if response is None or response.status not in {_STATUS_OK, *_MISSING_STATUSES} or none_served:
            failures.append(f"{path} {_failure_text(response)}")
        elif response.status in _MISSING_STATUSES or response.digest != expected_digests[path]:
            differing_paths.append(path)
    return ReleaseComparison(len(expected_digests), tuple(differing_paths), tuple(failures))


def fetch_release_list(probe: HostProbe, url: str, public_key: bytes) -> dict[str, str] | str:
    """Return address → SHA-256 from the host's signed list, or a fault; `UNSIGNED_FAULT` without a list."""
    response = probe.get(url, RELEASE_LIST_PATH)
    if response is None or response.status not in {_STATUS_OK, *_MISSING_STATUSES}:
        return f"the signed list could not be asked for: {RELEASE_LIST_PATH} {_failure_text(response)}"
    if response.status in _MISSING_STATUSES:
        return UNSIGNED_FAULT
    try:
        return releases.read_release(response.body, public_key)[1]
    except (BadRequest, BadSignature):
        return BAD_SIGNATURE_FAULT


def fetch_raw_release_list(probe: HostProbe, url: str) -> bytes:
    """Return the bytes of the list the host serves, or b""."""
    response = probe.get(url, RELEASE_LIST_PATH)
    return response.body if response is not None and response.status == _STATUS_OK else b""


def read_release_key(path: Path) -> bytes:
    """Return the public half of a release key from its file. Raise BadRequest if it is not base64url."""
    return unb64(path.read_text(encoding="ascii", errors="replace").strip())


def _failure_text(response: ProbeResponse | None) -> str:
    """Return the words for a response that did not serve the file."""
    return "was not answered" if response is None else f"was answered {response.status}"
