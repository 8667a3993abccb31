"""What numbers depend on beside the scenario 来源: versions of this program and of what it stands on."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path
from typing import Any


def versions() -> dict[str, str]:
    """Versions that numbers depend on: own, hash of the model's sources, Python, numpy, pyarrow, platform."""
    import importlib.metadata as metadata

    return {
        "lianjian": _installed("lianjian", metadata),
        "model_version": model_version(),
        "python": platform.python_version(),
        "numpy": _installed("numpy", metadata),
        "pyarrow": _installed("pyarrow", metadata),
        "platform": platform.platform(),
    }


def model_version() -> str:
    """SHA-256 over names and contents of the package's sources (sim/**/*.py): equal hashes, one model."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py"), key=lambda source: source.relative_to(package).as_posix()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _installed(name: str, metadata: Any) -> str:
    try:
        return str(metadata.version(name))
    except metadata.PackageNotFoundError:  # run from a checkout that was not installed
        return "not installed"
