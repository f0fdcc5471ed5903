"""The `sql/` tree: which files, in which order, and one digest over all of them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from thin_api import ROOT
from thin_api.settings import ConfigurationError

FOLDERS = ("core", "core/triggers", "core/views", "providers", "policies", "api")


@dataclass(frozen=True, slots=True)
class SqlFile:
    """One re-runnable file. path: relative to the tree, with slashes."""

    path: str
    text: str

    @property
    def sha256(self) -> bytes:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).digest()


def sql_files(root: Path = ROOT / "sql") -> list[SqlFile]:
    """Return every file in the order it is applied: by folder as listed, then by name.

    Raises ConfigurationError for a file in a folder that has no place in the order.
    """
    by_folder: dict[str, list[Path]] = {folder: [] for folder in FOLDERS}
    for path in sorted(root.rglob("*.sql")):
        folder = path.parent.relative_to(root).as_posix()
        if folder not in by_folder:
            raise ConfigurationError(f"sql/{folder} is not in the order of folders: {path.name}")
        by_folder[folder].append(path)
    return [
        SqlFile(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
        for folder in FOLDERS
        for path in by_folder[folder]
    ]


def digest(files: list[SqlFile]) -> str:
    """Return one hex digest over paths and contents, as `api.health()` computes it."""
    lines = sorted(f"{file.path} {file.sha256.hex()}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
