"""The small tree: what labels hang on."""

import numpy as np

from sim.analysis.classification import best_split, impurity, tree


def test_impurity_by_hand() -> None:
    assert impurity(np.array(["x", "x", "y", "y"])) == 2.0
    assert impurity(np.array(["x", "x"])) == 0.0


def test_tree_finds_what_labels_hang_on() -> None:
    points = [{"a": float(n % 2), "b": float(n)} for n in range(20)]
    labels = np.array(["low" if n < 10 else "high" for n in range(20)])
    split = best_split(points, labels, 2)
    assert split is not None
    assert split.name == "b"
    assert split.below.sum() == 10
    nodes = tree(points, labels)
    assert [(level, condition) for level, condition, _ in nodes] == [(0, "`b` ≤ 9.5"), (0, "`b` > 9.5")]
    assert tree(points, np.array(["same"] * 20)) == []


def test_tree_goes_two_levels_down() -> None:
    points = [{"form=x": float(a), "b": float(b)} for a in (0, 1) for b in range(20)]
    labels = np.array(["yes" if p["form=x"] > 0 and p["b"] > 9.5 else "no" for p in points])
    conditions = [(level, condition) for level, condition, _ in tree(points, labels)]
    assert (0, "`form=x`") in conditions or (1, "`form=x`") in conditions
    assert max(level for level, _ in conditions) == 1
