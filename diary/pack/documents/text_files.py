"""All files of a pack's front part that are not PDFs: text, tables, the record, the proofs.

They follow from the capsule, and 03 also from which pictures could be read: the worker writes them, and the reference
client renders them again to compare.
"""

from collections.abc import Collection, Iterator

from diary.errors import PackBuildFailed
from diary.pack.contents import PackContents, volume_filename, volumes
from diary.pack.documents import instructions, witnesses
from diary.pack.proofs import proof_files, record_json
from diary.pack.registers import records_of_kind
from diary.pack.tables import csv_tables, message_schedules
from diary.pack.tables.short_chronology import TABLE_PATH, chronology_copies


def text_files(contents: PackContents, printed: Collection[str] | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield every file that is not a PDF, with its path under `data/`.

    `printed`: keys of the pictures in 04; None for all that the capsule has a copy of.
    """
    capsule = contents.capsule
    yield "00_READ-FIRST.txt", instructions.encode_read_first(contents)
    yield "15_VERIFY.txt", instructions.encode_verify_steps(contents)
    table = csv_tables.chronology_csv(contents)
    copies = chronology_copies(table)
    if copies is None:
        raise PackBuildFailed("These entries are too many for one table. Choose fewer and make a second pack.")
    yield TABLE_PATH, table
    yield from copies.items()
    yield "servable/03_exhibits-index.csv", csv_tables.exhibits_csv(contents, printed)
    schedules = message_schedules.schedules_csv(contents)
    if schedules is not None:
        yield "servable/05_message-schedules.csv", schedules
    statements = witnesses.statements_csv(contents)
    if statements is not None:
        yield "servable/07_statements.csv", statements
    yield "restricted/11_custody-log.csv", csv_tables.custody_csv(contents)
    yield "restricted/12_record.json", record_json.encode_record(capsule)
    for exhibit in capsule.exhibits:
        yield f"restricted/14_sidecars/{exhibit.stem}.json", record_json.encode_sidecar(capsule, exhibit.item)
    yield from proof_files.proof_files(capsule, contents.redactor)


def pdf_paths(contents: PackContents) -> Iterator[str]:
    """Yield the path under `data/` of every PDF."""
    yield "servable/01_chronology.pdf"
    yield "restricted/06_RESTRICTED_officer-sheet.pdf"
    yield "restricted/10_RESTRICTED_how-this-record-was-made.pdf"
    if records_of_kind(contents.registers, "impact"):
        yield "servable/08_impact.pdf"
    for index in range(len(volumes(contents))):
        yield f"servable/{volume_filename(index)}"
