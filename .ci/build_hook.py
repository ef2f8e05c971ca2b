"""Build hook for hatchling: chooses the files of the wheel and of the source archive.

The source archive contains the source files only. The wheel contains what assemble.py built, and an SBOM.
"""

from __future__ import annotations

import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# hatchling loads this file by its path; the modules that it imports are in the same folder.
sys.path.insert(0, str(Path(__file__).resolve().parent))
import assemble
import setup


class BuildHook(BuildHookInterface):
    """Hook that names every file of an archive."""

    def dependencies(self) -> list[str]:
        """Return what an isolated build needs besides `build-system.requires`: Node, if none is on PATH."""
        if self.target_name != "wheel" or setup.node_on_path():
            return []
        return Path(self.root, ".ci", "node.in").read_text(encoding="utf-8").split()

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Set the files of the archive. An editable install (`pip install -e .`, as in set-up) contains none."""
        self.build_config.force_include.clear()
        if version == "editable":
            return
        root = Path(self.root)
        self._folder = tempfile.TemporaryDirectory(prefix="kept-build-")
        stage_folder = Path(self._folder.name)
        # Only the files named below are packed.
        self.build_config.set_exclude_all()
        build_data["force_include"].clear()
        if self.target_name == "sdist":
            names = [name for name in assemble.list_sources(root) if name != assemble.SOURCE_LIST]
            (stage_folder / "sources.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
            files = {name: root / name for name in names} | {assemble.SOURCE_LIST: stage_folder / "sources.txt"}
        else:
            files = assemble.assemble(root, stage_folder)
            import sbom  # noqa: PLC0415 - assemble() has reported in a sentence whether its library is missing

            sbom_path = stage_folder / "kept.cdx.json"
            sbom_path.write_text(sbom.make_sbom(root, self.metadata.version), encoding="utf-8")
            build_data["sbom_files"].append(str(sbom_path))
        self._files = set(files)
        build_data["force_include"].update({str(path): name for name, path in files.items()})

    def finalize(self, version: str, _build_data: dict[str, Any], artifact_path: str) -> None:
        """Raise BuildError unless the finished wheel contains exactly the named files."""
        if version == "editable":
            return
        self._folder.cleanup()
        if self.target_name == "wheel":
            with zipfile.ZipFile(artifact_path) as wheel:
                packed_files = {name for name in wheel.namelist() if ".dist-info/" not in name}
            if packed_files != self._files:
                Path(artifact_path).unlink()
                raise assemble.BuildError(f"hatchling packed other files: {sorted(packed_files ^ self._files)[:9]}")
