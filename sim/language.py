"""Two languages 语言: texts that a reader sees, English and Chinese side by side where they are used."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


class Text(NamedTuple):
    """One text in both languages; ``{name}`` in it is filled in by :meth:`say`.

    >>> Text("{n} villages", "{n}个村").say("zh", n=27)
    '27个村'
    """

    en: str
    zh: str

    def say(self, language: Language, **values: Any) -> str:
        """The text in one language, its places filled in."""
        return (self.zh if language == "zh" else self.en).format(**values)
