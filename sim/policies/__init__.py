"""Policies 政策工具: what can be chosen, one instrument a file; the file is the registration."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType

POLICIES: dict[str, ModuleType] = {
    name: import_module(f"{__name__}.{name}")
    for _, name, _ in sorted(pkgutil.iter_modules(__path__), key=lambda m: m[1])
}
"""Policy stem -> module."""
