"""Pure parts of the maps and patterns: regions, incomes of the tax map, bands, tables, reports from made-up numbers."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from experiments import baseline, markdown, pairing_map, patterns_table, pool_map, tax_map
from experiments.hypercube import Point
from experiments.pairing_map import REGIONS
from experiments.verdicts import FIRST, INNER


def test_regions_of_pairing() -> None:
    signs = {("shared", "helpers", "after"): np.array([1, 1, -1, -1, 0, 1])}
    signs["shared", "helped", "after"] = np.array([1, -1, 1, -1, 1, 0])
    made = pairing_map.Map([], {}, signs)
    assert list(made.regions("shared", "after")) == [*REGIONS, REGIONS[4]]


def test_incomes_of_town_and_villages() -> None:
    """Two villages, one year: 5 earned each, tax 10 and 0, 3 of it handed down, staff 1, courting 2, fees 4."""
    columns = {"earned_income": [5.0, 5.0], "local_tax": [10.0, 0.0], "tax_share": [3.0, 0.0]}
    accounts = {
        ("town", "staff", "tax_sharing", "none"): 1.0,
        ("town", "village.cash", "tax_sharing", "tax_share"): 3.0,
        ("village.cash", "staff", "attraction_effort", "operating"): 2.0,
        ("enterprise", "village.cash", "enterprise_fee", "operating"): 4.0,
    }
    records: Any = SimpleNamespace(
        villages={name: np.array([[values]]) for name, values in columns.items()},
        exists=np.ones((1, 1, 2), dtype=bool),
        replication=np.zeros(1),
        accounts={key: np.array([[amount]]) for key, amount in accounts.items()},
    )
    found = tax_map.incomes(records, slice(0, 1), np.array([0.4]))
    assert {name: float(values[0]) for name, values in found.items()} == pytest.approx(
        {"all": 10.0, "firms": 5.0 + 2.0 - 1.0, "new": 5.0 + 0.6 * 5.0, "net": 9.5, "villages": 6.5}
    )


def test_the_smaller_of_equal_shares_is_best() -> None:
    means = np.array([[1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0]])
    made = tax_map.Map([], {}, {("all", "whole"): means})
    assert list(made.best(("all", "whole"))) == [0.0, 1.0]


def made_up_tax_map(points: int) -> tax_map.Map:
    names = sorted({name for pair in tax_map._TWO_WAY for name in pair} | {"forms.tax_effort=none"})
    coordinates = [{name: float((n * 7 + place) % points) for place, name in enumerate(names)} for n in range(points)]
    keys = [(measure, window) for measure in tax_map.MEASURES for window in tax_map.WINDOWS]
    return tax_map.Map(
        [Point({}, c) for c in coordinates],
        {key: np.array([FIRST] * points) for key in keys},
        {key: np.tile(-np.array(tax_map.SHARES), (points, 1)) for key in keys},
    )


def test_a_share_of_zero_or_one_is_explained() -> None:
    options = SimpleNamespace(command="c", points=20, replications=4, seed=1, started=0.0)
    text = tax_map.report(made_up_tax_map(20), options)  # type: ignore[arg-type]
    assert "Share 0 is best: 100% of points. What is handed down is missing from the park" in text
    assert "Some inner share is best: 0% of points. Effort grows" in text


def test_a_share_in_between_needs_no_explanation() -> None:
    assert markdown.extreme(0.5, "Claim", "none", "every") == ["Claim: 50% of points.", ""]
    assert markdown.extreme(0.0, "Claim", "none", "every")[0].endswith("0% of points. none")
    assert markdown.extreme(1.0, "Claim", "none", "every")[0].endswith("100% of points. every")


def test_two_way_table() -> None:
    points = [{"a": float(n), "b": 0.0} for n in range(9)]
    lines = markdown.two_way(points, "a", "b", np.array([INNER] * 3 + [FIRST] * 6), (INNER,))
    assert lines[2].startswith("| 0 to 2.67 | — | — | 100% (3) |")
    assert lines[4].startswith("| 5.33 to 8 | — | — | 0% (3) |")


def test_table_sets_words_left_and_numbers_right() -> None:
    assert markdown.table(("a", "b"), [["x", "1"]]) == ["| a | b |", "| --- | ---: |", "| x | 1 |"]


def test_bands_count_villages_by_income() -> None:
    shares = baseline.bands(np.array([[4.9, 5.0, 10.0, 29.0, 30.0, 50.0, 60.0, -1.0]]))
    assert shares.tolist() == [[0.25, 0.125, 0.25, 0.125, 0.25]]


def test_growth_by_hand() -> None:
    records: Any = SimpleNamespace(villages={"total_income": np.array([[[10.0], [11.0], [12.1]]])})
    assert baseline.growth(records, 0, 2) == pytest.approx([0.1])


def test_a_number_outside_its_tolerance_fails() -> None:
    assert baseline._near("x", 0.3, np.array([0.36, 0.34])).verdict == patterns_table.PASS
    assert baseline._near("x", 0.3, np.array([0.36, 0.38])).verdict == patterns_table.FAIL


def test_growth_passes_only_with_its_whole_interval() -> None:
    def verdict(rates: list[float]) -> str:
        income = np.array([[[1.0], [1.0], [1.0 + rate]] for rate in rates])
        records: Any = SimpleNamespace(villages={"total_income": income}, years=np.arange(3))
        return baseline.income_growth(records, 2)[1].verdict

    assert verdict([0.01, 0.011]) == patterns_table.PASS
    assert verdict([0.029, 0.0300, 0.031]) == patterns_table.FAIL


def test_pool_map_lists_every_size() -> None:
    results = [pool_map.Result(size, 0, 1.0, 1, 0.0, 0.0, 0.0) for size in pool_map.SIZES]
    assert [row[0] for row in pool_map._by_size(results)] == ["2", "4", "7", "14", "27"]
