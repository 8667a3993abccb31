"""The order of a quarter and its reasons, read from the docstring of sim/schedule.py."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from sim import schedule


@lru_cache(maxsize=1)
def reasons() -> Mapping[str, str]:
    """Why each mechanism stands where it does, by stem, in the order of a quarter.

    Raises ValueError where the docstring and SCHEDULE name other mechanisms or in another order.
    """
    text = re.sub(r"\n {6,}", " ", schedule.__doc__ or "")
    found = dict(re.findall(r"^\d+\. (\w+)\s+(.*)$", text, re.MULTILINE))
    scheduled = [schedule.stem(module) for module in schedule.SCHEDULE]
    if list(found) != scheduled:
        raise ValueError(f"the docstring of sim/schedule.py says {list(found)}, SCHEDULE {scheduled}")
    return found
