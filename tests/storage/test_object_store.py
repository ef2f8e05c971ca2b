"""Sealed files in an S3 bucket instead of a folder."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from diary import config
from diary.errors import BadSetting, NotFound
from diary.storage.blob_store import open_blob_store
from tests.object_store import ObjectStore
from tests.server_fixture import register_keeper, running_server, seal_file

pytestmark = pytest.mark.whole


async def test_a_file_goes_in_and_comes_back(object_store_server: ObjectStore, tmp_path: Path) -> None:
    """Parts sent out of order are fetched byte for byte, and the data folder has none of them."""
    async with running_server(tmp_path, DIARY_BLOB_URL=object_store_server.create_bucket()) as server:
        keeper = await register_keeper(server)
        file = seal_file(keeper, bytes(range(256)) * 9000)
        place = f"{keeper.diary}/blobs/{file.blob}"
        assert len(file.sealed_parts) == 3
        await keeper.request("PUT", place, file.declaration)
        for i in (2, 0, 1):
            assert (await keeper.request("PUT", f"{place}/parts/{i}", file.sealed_parts[i])).status_code == 204
        assert (await keeper.request("POST", f"{place}/complete", {"digest": file.digest})).status_code == 204
        for i, part in enumerate(file.sealed_parts):
            assert (await keeper.request("GET", f"{place}/parts/{i}")).content == part
        assert not (server.settings.data / "blobs").exists()
        assert len(object_store_server.list_object_names()) >= 3


async def test_what_is_removed_is_gone_and_its_neighbours_stay(object_store_server: ObjectStore) -> None:
    """Every name below a prefix is removed; a name that only begins with the same letters stays."""
    store = open_blob_store(object_store_server.create_bucket())
    for name in ("d/one/0-x", "d/one/1-x", "d/one-more/0-x"):
        await store.put(name, name.encode())
    await store.remove_prefix("d/one")
    for name in ("d/one/0-x", "d/one/1-x"):
        with pytest.raises(NotFound):
            await store.get(name)
    assert await store.get("d/one-more/0-x") == b"d/one-more/0-x"
    await store.remove("d/never")


async def test_an_unavailable_store_is_reported(tmp_path: Path) -> None:
    """Files get 503; text is stored as before."""
    with socket.socket() as port_probe:
        port_probe.bind(("127.0.0.1", 0))  # bound, but not listening
        url = f"s3://k:s@bucket?endpoint=http://127.0.0.1:{port_probe.getsockname()[1]}"
        async with running_server(tmp_path, DIARY_BLOB_URL=url) as server:
            keeper = await register_keeper(server)
            file = seal_file(keeper, b"small")
            place = f"{keeper.diary}/blobs/{file.blob}"
            await keeper.request("PUT", place, file.declaration)
            answer = await keeper.request("PUT", f"{place}/parts/0", file.sealed_parts[0])
            assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
            assert (await keeper.request("GET", place)).json()["have"] == []
            assert (await keeper.push()).status_code == 201


def test_an_address_that_makes_no_sense_is_refused_without_repeating_it(tmp_path: Path) -> None:
    """No message and no printed setting contains the secret of the address."""
    settings = config.load_settings({"DIARY_DATA": str(tmp_path), "DIARY_BLOB_URL": "gopher://key:SECRET@bucket"})
    assert "SECRET" not in repr(settings)
    with pytest.raises(BadSetting) as raised:
        open_blob_store(settings.blob_url)
    assert "SECRET" not in str(raised.value)
