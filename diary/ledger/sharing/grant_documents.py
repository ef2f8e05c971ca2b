"""What stands beside a grant, sealed under its key for its two people: a summary, marks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from diary.crypto.padding import pad_version, unpad
from diary.crypto.sealing import Kind, open_envelope, seal
from diary.encoding import canon, parse
from diary.errors import KeptError, SealError
from diary.ledger.sharing.grants import Granted
from diary.ledger.signed_objects import Fields


@dataclass(frozen=True)
class Beside:
    """One kind of it. `name`: in the header; `type`: the plaintext's `t`; `holds`: whether a whole plaintext is one."""

    name: str
    type: str
    holds: Callable[[Mapping[str, Any]], bool]

    def header(self, granted: Granted) -> Fields:
        """Header of the envelope."""
        return {"diary": str(granted.said["diary"]), "grant": granted.id, "t": self.name}

    def seal(self, granted: Granted, fields: Mapping[str, object]) -> bytes:
        """`fields` without `t`, sealed for keeper and advocate. Raises SealError for what is none."""
        told = dict(fields) | {"t": self.type}
        if not self.holds(told):
            raise SealError
        return seal(granted.key, Kind.SUMMARY, self.header(granted), pad_version(canon(told)))

    def open(self, granted: Granted, envelope: bytes) -> Mapping[str, Any]:
        """What it says. Raises SealError."""
        try:
            told = parse(unpad(open_envelope(granted.key, envelope, Kind.SUMMARY, self.header(granted))))
        except KeptError:
            raise SealError from None
        if not isinstance(told, dict) or not self.holds(told):
            raise SealError
        return told
