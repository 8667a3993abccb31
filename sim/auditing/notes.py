"""Notes of an audit 核对说明: what could not be recomputed and why, in the language asked for."""

from __future__ import annotations

from typing import Any

from sim.language import Language, Text


class Notes:
    """Notes in the order found, each once."""

    def __init__(self, language: Language = "en") -> None:
        self._language = language
        self._found: dict[str, None] = {}

    def add(self, text: Text, **values: Any) -> None:
        """Take a note, its places filled in."""
        self._found[text.say(self._language, **values)] = None

    def lines(self) -> tuple[str, ...]:
        return tuple(self._found)
