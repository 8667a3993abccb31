"""The repository's own files: users put scenarios of their own beside them, which no test may read."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCENARIOS = tuple(ROOT / "scenarios" / name for name in ("base.yaml", "tianqiao.yaml"))
"""Listed, not globbed: an unpacked archive has no git to ask which files are ours."""
