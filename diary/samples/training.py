"""Training diary: sixty made-up incidents over five months, and the pack made of them.

The text is in training_entries.json and training_records.json. The pack is built by a server like any other, with a
TRAINING mark on every page and in the verifier's report.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from diary.client import packs
from diary.client.log_client import wait_until_logged
from diary.client.transport import connect
from diary.clock import Clock
from diary.encoding import b64
from diary.progress import ProgressCallback
from diary.samples.demo import make_wish, running_server, write_sample_diary
from diary.samples.fictional_diary import DiaryScript, load_entries
from diary.samples.imported_entries import ImportedEntry, load_imports
from diary.samples.register_records import SampleRecordVersion

# Source files of the diary, for checks that it is up to date.
SCRIPT_FILES: Final = tuple(
    Path(__file__).with_name(f"training_{part}.json") for part in ("entries", "records", "imports")
)
PACK_NAME: Final = "TRAINING-pack.zip"
NOTARY_KEY_NAME: Final = "TRAINING-notary.txt"
_LOG_TIMEOUT_SECONDS: Final = 60
_TRAINING_SETTINGS: Final[Mapping[str, object]] = {
    "exhibit_start_no": 1,
    "initials": "MO",
    "language": "en",
    "own_words": (
        "We were put in one project group in January. I was friendly for two weeks. On 28 January I asked him in writing "
        "to leave me alone. Since then there have been new numbers and accounts, people sent to me, and things at my "
        "door. There is an order since 20 April. I have changed my bus, my seminar and my shifts. I want to walk home."
    ),
}
_OFFICER_SHEET: Final[Mapping[str, object]] = {
    "concerns": "He was in the garden on 16 May. The kitchen window does not lock.",
    "name_to_use": "Maya",
    "needs": "Please do not ring while I am at the cafe.",
    "safe_contact": "Text 07700 900544, mornings before 10. Nadia at student support can pass things on.",
}
TRAINING_SCRIPT: Final = DiaryScript(
    "training", "garden pencil window basket silver tunnel", _TRAINING_SETTINGS, _OFFICER_SHEET
)


def load_training_imports() -> tuple[list[ImportedEntry], list[SampleRecordVersion]]:
    """Return the entries that come after the written ones, as their indexes say, and their message schedules."""
    return load_imports(TRAINING_SCRIPT, len(load_entries(TRAINING_SCRIPT)))


async def write_training_files(out_folder: Path, clock: Clock, report_progress: ProgressCallback) -> list[Path]:
    """Write the pack and its notary's key to `out_folder`, and return both paths.

    Raise the errors of building a pack.
    """
    out_folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kept-training-") as temporary_path:
        folder = Path(temporary_path)
        with running_server(folder / "server", {"DIARY_CHECKPOINT_SECONDS": "1"}) as origin:
            async with connect(origin) as server:
                _, writer = await write_sample_diary(server, report_progress, TRAINING_SCRIPT, load_training_imports())
                journal = writer.journal
                await journal.fetch(server)
                await wait_until_logged(server, journal, _LOG_TIMEOUT_SECONDS, require_stamps=False)
                server_info = await server.json("GET", "/v1/server")
                wish = replace(make_wish(journal, clock, origin, str(server_info["release"])), training=True)
                work_folder = folder / "work"
                work_folder.mkdir()
                await packs.build_pack(server, journal, wish, out_folder / PACK_NAME, work_folder, report_progress)
    (out_folder / NOTARY_KEY_NAME).write_text(b64(journal.identity.notary_pub) + "\n", encoding="ascii")
    return [out_folder / PACK_NAME, out_folder / NOTARY_KEY_NAME]
