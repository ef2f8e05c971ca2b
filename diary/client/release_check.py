"""What a host serves, held against the signed list of its release: the one comparison that `doctor` and `verify-host` make."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diary.client.host_probe import Answer, Visitor
from diary.encoding import unb64
from diary.errors import BadRequest, BadSignature
from diary.ledger import releases

UNSIGNED: Final = "this release is not signed, so this shows nothing"
FORGED: Final = "the signed list does not hold under this release key"
LIST: Final = "/release.json"
_SERVED: Final = 200
_MISSING: Final = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Comparison:
    """Served files against listed ones. `asked`: how many were to be compared; `differing`: addresses whose bytes are others,
    or that are not there; `unanswered`: what came in place of an answer, for each file that could not be compared."""

    asked: int
    differing: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What is wrong, without a full stop; '' when every file is the listed one."""
        told = []
        if self.differing:
            told.append(f"{len(self.differing)} of {self.asked} files differ, {self.differing[0]} first")
        if self.unanswered:
            told.append(f"{len(self.unanswered)} of {self.asked} files could not be asked for: {self.unanswered[0]}")
        return "; ".join(told)


def compare(visitor: Visitor, url: str, wanted: Mapping[str, str]) -> Comparison:
    """Fetch every address of `wanted` (address → SHA-256, hex) from the host at `url`, and compare.

    An error is no other file. A host that gave none of them has not been asked anything: its 404s may be another site's.
    """
    served = dict(zip(wanted, visitor.get_all(url, list(wanted)), strict=True))
    none = not any(one is not None and one.status == _SERVED for one in served.values())
    differing, unanswered = [], []
    for path, answer in served.items():
        if answer is None or answer.status not in {_SERVED, *_MISSING} or none:
            unanswered.append(f"{path} {_instead(answer)}")
        elif answer.status in _MISSING or answer.digest != wanted[path]:
            differing.append(path)
    return Comparison(len(wanted), tuple(differing), tuple(unanswered))


def fetch_list(visitor: Visitor, url: str, pub: bytes) -> dict[str, str] | str:
    """Return address → SHA-256 from the signed list that the host serves, or the fault found in it; `UNSIGNED` without a list."""
    found = visitor.get(url, LIST)
    if found is None or found.status not in {_SERVED, *_MISSING}:
        return f"the signed list could not be asked for: {LIST} {_instead(found)}"
    if found.status in _MISSING:
        return UNSIGNED
    try:
        return releases.read(found.body, pub)[1]
    except (BadRequest, BadSignature):
        return FORGED


def list_of(visitor: Visitor, url: str) -> bytes:
    """The bytes of the list that the host hands out; b"" where it gives none."""
    found = visitor.get(url, LIST)
    return found.body if found is not None and found.status == _SERVED else b""


def read_pub(path: Path) -> bytes:
    """The public half of a release key, from its file. Raises BadRequest."""
    return unb64(path.read_text(encoding="ascii", errors="replace").strip())


def _instead(answer: Answer | None) -> str:
    """What came in place of a file."""
    return "was not answered" if answer is None else f"was answered {answer.status}"
