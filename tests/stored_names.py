"""Which objects a server stores, recorded in tests."""

from __future__ import annotations

import pytest

from diary.storage.blob_store import BlobStore


def record_stored_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by the name of each object that any store is given from now on."""
    names: list[str] = []
    put = BlobStore.put

    async def record_and_put(self: BlobStore, name: str, raw: bytes) -> None:
        names.append(name)
        await put(self, name, raw)

    monkeypatch.setattr(BlobStore, "put", record_and_put)
    return names
