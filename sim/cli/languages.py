"""The option ``--lang`` of every verb that says something 语言选项; errors are in English in every language."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Language(StrEnum):
    """What ``--lang`` takes."""

    en = "en"
    zh = "zh"


Lang = Annotated[Language, typer.Option("--lang", envvar="LIANJIAN_LANG", help="Language of the text 语言: en or zh.")]
