"""The operator's list of accounts: what the database shows of each one.

[Note: no name and no date] A username is stored as an HMAC under the pepper, so the list cannot contain names. When a
keeper registered is not stored. The list shows nothing that the rows do not show.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from diary.ids import id_text
from diary.services.accounts.usage import usage_payload
from diary.services.instance import Instance
from diary.storage.accounts import account_rows
from diary.storage.accounts.account_rows import ListedAccount

# A page is one short read, so that a slow terminal keeps no transaction open.
PAGE_ROWS: Final = 500
KIND_CANARY: Final = "canary"
KIND_KEEPER: Final = "keeper"
KIND_MEMBER: Final = "member"


@dataclass(frozen=True, slots=True)
class AccountSummary:
    """An account in the operator's list. `closing_at`: after when it will be erased, in ms.

    `usage`: bytes and limits, as in the keeper's own app. Of a member: the organisation's id, and when they joined.
    """

    id: str
    kind: str
    closing_at: int | None
    organisation: str | None
    joined_at: int | None
    usage: dict[str, object]

    def to_json(self) -> dict[str, object]:
        """Return the account as one object."""
        return {
            "closing_at": self.closing_at,
            "id": self.id,
            "joined_at": self.joined_at,
            "kind": self.kind,
            "organisation": self.organisation,
            **self.usage,
        }


async def list_accounts(instance: Instance, canary_login: str | None) -> AsyncIterator[AccountSummary]:
    """Yield every account in the order of the ids, read in pages.

    `canary_login`: the username of the operator's test account.
    """
    canary_mac = None if canary_login is None else instance.pepper.login_mac(canary_login)
    after = b""
    while page := await instance.db.run_read(partial(account_rows.list_page, after=after, limit=PAGE_ROWS)):
        for row in page:
            yield _summarise(instance, row, canary_mac)
        after = page[-1].id


def _summarise(instance: Instance, row: ListedAccount, canary_mac: bytes | None) -> AccountSummary:
    """Return a row for the list."""
    is_canary = canary_mac is not None and bytes(row.login_mac) == canary_mac
    return AccountSummary(
        id=id_text(bytes(row.id)),
        kind=KIND_MEMBER if row.organisation else KIND_CANARY if is_canary else KIND_KEEPER,
        closing_at=row.closing_at,
        organisation=id_text(bytes(row.organisation)) if row.organisation else None,
        joined_at=row.joined_at,
        usage=usage_payload(instance.settings, row.usage),
    )
