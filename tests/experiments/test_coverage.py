"""Coverage: reduced studies, the naive rule by hand, and the page."""

import numpy as np
import pytest

from experiments import coverage
from experiments.coverage import ARMS, RARE, Family, made_up


def family(name: str, columns: int = 1) -> Family:
    return next(f for f in made_up(columns) if f.name == name)


@pytest.mark.parametrize("columns", [1, 8])
@pytest.mark.parametrize("name", ["normal", "exponential", "lognormal"])
def test_families_have_the_mean_they_say(name: str, columns: int) -> None:
    drawn = family(name, columns).draw(np.random.default_rng(1), (400, 100))
    assert drawn.shape == (400, 100, columns)
    assert drawn.mean(axis=(0, 1)) == pytest.approx(family(name, columns).mean, abs=0.05)
    if columns == 1:
        assert drawn.std() == pytest.approx(float(family(name).spread[0]), rel=0.1)
    elif name != "lognormal":
        assert np.corrcoef(drawn.reshape(-1, columns).T)[0, 1] == pytest.approx(0.5, abs=0.02)


def test_the_naive_rule_by_hand() -> None:
    # 1 2 3: t(2) = 4.303, s = 1, half 2.484; 1 2 3 2: t(3) = 3.182, s = .8165, half 1.299; then 1 2 3 2 2: .878
    drawn = np.array([[1.0, 2.0, 3.0, 2.0, 2.0]])
    assert coverage.naive(drawn, 2.0, 2.5, 3) == (1.0, 3.0)
    assert coverage.naive(drawn, 2.0, 1.3, 3) == (1.0, 4.0)
    assert coverage.naive(drawn, 3.5, 1.3, 3) == (0.0, 4.0)
    assert coverage.naive(drawn, 2.0, 2.5, 5) == (1.0, 5.0)
    assert coverage.naive(drawn, 2.0, 0.1, 3) == (1.0, 5.0)


def test_the_naive_rule_covers_too_seldom_and_ours_does_better() -> None:
    found = coverage.coverage_of_stopping(family("lognormal"), 30, 200, 3)
    assert found["naive from 3"][0] < 0.82
    assert found["rule"][0] > 0.87  # standard error .02
    assert found["rule"][1] > found["naive from 3"][1]


def test_plain_intervals_of_eight_arms_raise_false_alarms() -> None:
    plain, by_t, by_bootstrap, chosen = coverage.false_alarms(family("normal", 8), 20, 150, 3)
    assert plain > 0.15
    assert max(by_t, by_bootstrap, chosen) < 0.12  # nominal .05, standard error .02


def test_the_page() -> None:
    generator = np.random.default_rng(1)
    pool = {arm: generator.standard_exponential(50) for arm in ARMS} | {RARE: np.repeat([0.0, 1.0], [48, 2])}
    page = coverage.report(pool, 4, 1)
    assert page.startswith("# Do the intervals hold what they promise?")
    assert page.count("| normal | ") == 4 + 2 + 4
    assert f"| `{RARE}` | +0.040 | 0.196 | +4.7 | 96% |" in page
