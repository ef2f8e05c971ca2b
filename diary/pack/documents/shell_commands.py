"""Commands that check a pack with what a computer has, for 15_VERIFY.txt and document 10.

The lines of a system are typed in order in one shell, from the folder that holds the pack's folder: the first goes into
it, and each later one begins there. Of files that are as listed nothing is printed, since one line a file hides the line
that matters. The phone has the same lines in static/src/pack/chronology/chronology_words.ts.

[Note: shells] Lines for macOS and Linux work in bash and zsh. `shasum` of older releases of macOS has no option that
leaves out the files that are right, so its lines are filtered. PowerShell is that of Windows 10 and later, 5.1.
"""

from typing import Final

# The label of lines that are the same everywhere.
ALL_SYSTEMS: Final = "Windows PowerShell, macOS, Linux"
ALL_AS_LISTED: Final = "ALL AS LISTED"
# Column of a path in a list: a digest of 64 digits and two spaces stand before it.
_PATH_COLUMN: Final = 67

POWERSHELL_LIST: Final = (
    "$bad = 0; $listed = @()",
    "foreach ($line in Get-Content manifest-sha256.txt) {",
    "  $path = $line.Substring(66); $listed += $path",
    '  if (-not (Test-Path -LiteralPath $path)) { "MISSING $path"; $bad++ }',
    "  elseif ((Get-FileHash -LiteralPath $path -Algorithm SHA256).Hash -ne $line.Substring(0, 64)) {",
    '    "CHANGED $path"; $bad++ } }',
)
POWERSHELL_RESULT: Final = f'if ($bad -eq 0 -and $listed.Count) {{ "{ALL_AS_LISTED}" }}'
_POWERSHELL_ADDED: Final = (
    "foreach ($file in Get-ChildItem -Recurse -File data) {",
    '  $path = (Resolve-Path -LiteralPath $file.FullName -Relative).Substring(2).Replace("\\", "/")',
    '  if ($listed -notcontains $path) { "ADDED $path"; $bad++ } }',
)


def list_commands(folder: str) -> dict[str, tuple[str, ...]]:
    """Return, for each system, the lines that go into the pack's folder and compare it with its list."""
    added = f"find data -type f | grep -vxFf <(cut -c {_PATH_COLUMN}- manifest-sha256.txt) | sed 's/^/ADDED /'"
    return {
        "Windows PowerShell": (f"cd {folder}", *POWERSHELL_LIST, *_POWERSHELL_ADDED, POWERSHELL_RESULT),
        "macOS": (
            f"cd {folder}",
            "shasum -a 256 -c manifest-sha256.txt | grep -v ': OK$'",
            added,
            f'shasum -a 256 -s -c manifest-sha256.txt && echo "{ALL_AS_LISTED}"',
        ),
        "Linux": (
            f"cd {folder}",
            f'sha256sum --quiet -c manifest-sha256.txt && echo "{ALL_AS_LISTED}"',
            added,
        ),
    }


def servable_list_commands() -> dict[str, tuple[str, ...]]:
    """Return, for each system, the lines that compare the servable folder with its own list, and come back."""
    return {
        "Windows PowerShell": ("cd data/servable", *POWERSHELL_LIST, POWERSHELL_RESULT, "cd ../.."),
        "macOS": (
            "cd data/servable",
            f'shasum -a 256 -s -c manifest-sha256.txt && echo "{ALL_AS_LISTED}"',
            "cd ../..",
        ),
        "Linux": (
            "cd data/servable",
            f'sha256sum --quiet -c manifest-sha256.txt && echo "{ALL_AS_LISTED}"',
            "cd ../..",
        ),
    }


def exhibit_commands() -> dict[str, tuple[str, ...]]:
    """Return, for each system, the lines that name each received file whose digest is not in 03."""
    index = "data/servable/03_exhibits-index.csv"
    return {
        "Windows PowerShell": (
            '$received = Get-ChildItem -Recurse -File data/restricted | Where-Object FullName -match "[\\\\/](13|09)_"',
            "foreach ($file in $received) {",
            "  $hash = (Get-FileHash -LiteralPath $file.FullName -Algorithm SHA256).Hash.ToLower()",
            f"  if (-not (Select-String -Quiet -SimpleMatch $hash {index})) {{",
            '    "NOT IN 03: $($file.Name)" } }',
        ),
        "macOS": _posix_exhibit_lines("shasum -a 256", index),
        "Linux": _posix_exhibit_lines("sha256sum", index),
    }


def _posix_exhibit_lines(digest_command: str, index: str) -> tuple[str, ...]:
    return (
        "find data/restricted -type f | grep -E '/(13|09)_' | while read -r file; do",
        f'  hash=$({digest_command} < "$file" | cut -c 1-64)',
        f'  grep -q "$hash" {index} || echo "NOT IN 03: $file"',
        "done",
    )


def printed_blocks(commands: dict[str, tuple[str, ...]], indent: str) -> list[str]:
    """Return the lines of each system under its name."""
    return [
        line
        for system, lines in commands.items()
        for line in (f"{indent}{system}:", *(f"{indent}  {c}" for c in lines))
    ]
