"""What numbers depend on beside the scenario 来源: versions of this program and of what it stands on; what a run took."""

from __future__ import annotations

import hashlib
import platform
import sys
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


def peak_memory_mib(children: int) -> int | None:
    """Largest memory of this process plus that of the largest of so many worker processes for each, MiB; None where unknown."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss if children else 0
    return (own + children * largest) * unit // 2**20
