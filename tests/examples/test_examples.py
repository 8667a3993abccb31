"""The examples run as they stand: scripts and the cells of the notebook, in order and in a fresh namespace."""

import importlib
import json
import shutil
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from tests.repository import ROOT

EXAMPLES = ROOT / "examples"
NOTEBOOK = EXAMPLES / "first_look.ipynb"


@pytest.fixture
def example(monkeypatch):
    """Imports an example as its folder's script would see it."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    found: list[str] = []

    def imported(name: str):
        found.append(name)
        return importlib.import_module(name)

    yield imported
    for name in found:
        sys.modules.pop(name, None)


@pytest.mark.slow
def test_the_rule_lowers_trust_and_prints_what_changed(example, capsys):
    example("own_rule").main(replications=3)
    lines = capsys.readouterr().out.splitlines()
    trust = next(line.split() for line in lines if line.startswith("trust in the last year"))
    assert float(trust[-2]) < 0


def test_the_rule_counts_projects_that_neighbours_have_no_more(example):
    import sim

    rule = example("own_rule")
    model = sim.JointDevelopmentModel(rule.SCENARIO, "pool", village_class=rule.Wary)
    for _ in range(40):
        model.step()
    village = model.villages[0]
    trust, neighbours = village.trust, village.neighbours(2)
    village.step()
    assert village.trust == trust
    capital = model.state.project_capital.copy()
    lost = (capital[0, ..., [v.index for v in neighbours]] > 0).sum()
    assert lost > 0
    village.running = {index: count + (index == neighbours[0].index) for index, count in village.running.items()}
    village.step()
    assert village.trust == pytest.approx(0.8 * trust)


def test_the_policy_meets_its_same_money(example, tmp_path, capsys):
    example("own_policy").main(replications=4, out=str(tmp_path / "result"))
    said = capsys.readouterr().out
    assert "earned_income            against no_policy" in said
    assert "against concentrated@same_money" in said


def test_the_policy_given_to_everybody_is_its_own_companion(example, tmp_path):
    """An equal-split grant equals its own companion: a test of the replay and of the example."""
    from sim.results import open_results

    example("own_policy").main(replications=2, every=1, out=str(tmp_path / "result"))
    villages = open_results(tmp_path / "result").villages.query("replication == 0").set_index("arm")
    for column in ("cash", "earned_income", "trust"):
        arm, companion = (villages.loc[name, column] for name in ("concentrated", "concentrated@same_money"))
        np.testing.assert_allclose(arm, companion, rtol=1e-9, atol=1e-9)


def test_the_policy_leaves_everybody_else_out(example, tmp_path):
    from sim.results import open_results

    example("own_policy").main(replications=2, every=5, out=str(tmp_path / "result"))
    villages = open_results(tmp_path / "result").villages
    paid = villages[(villages.arm == "concentrated") & (villages.year == 2015)].groupby("village").subsidies.mean()
    base = villages[(villages.arm == "no_policy") & (villages.year == 2015)].groupby("village").subsidies.mean()
    assert np.flatnonzero(~np.isclose(paid, base)).tolist() == list(range(0, 27, 5))


def cells() -> list[dict]:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def test_the_notebook_is_clean():
    for cell in cells():
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


@pytest.mark.slow
def test_the_cells_of_the_notebook_run_in_order(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    matplotlib.use("Agg")
    namespace = {"__name__": "__main__"}
    for cell in cells():
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{NOTEBOOK.name}:{cell['id']}", "exec"), namespace)
    assert set(namespace["shown"].against) >= {"no_policy", "pool@same_money"}
    assert namespace["trust"]["wary"].iloc[-1] < namespace["trust"]["plain"].iloc[-1]
    assert Path("results/first_look/answer.md").is_file()
