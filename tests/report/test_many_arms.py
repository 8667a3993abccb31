"""With many arms the screen and the figure stay readable: companions leave the table, each arm gets a panel."""

from io import StringIO

import pytest

import sim
from sim.analysis.study import read_study
from sim.report.answer import print_answer
from sim.report.figures import IN_ONE_PANEL, trajectories

FILE = """
schema: 1
population: {{villages: 4, councils: {{count: 2}}}}
calendar: {{start: 2010, burn_in_years: 1, policy_years: 2, after_years: 1}}
arms:
  no_policy: []
{arms}
"""
BLOCK = "  grant_{n}: [{{policy: demonstration_grant, payer: county, budget: {{per_year: {n}0}}}}]"


def results(folder, arms):
    file = folder / "many.yaml"
    file.write_text(FILE.format(arms="\n".join(BLOCK.format(n=n) for n in range(1, arms + 1))), encoding="utf-8")
    return sim.run(file, replications=2, out=folder / "result")


@pytest.mark.parametrize(("arms", "companions"), [(3, True), (IN_ONE_PANEL + 1, False)])
def test_the_screen_leaves_companions_out(tmp_path, arms, companions):
    found = results(tmp_path, arms)
    text = StringIO()
    print_answer(found.manifest, found.rows(), text)
    assert ("grant_1@same_money" in text.getvalue()) == companions
    assert f"grant_{arms} " in text.getvalue()
    assert "grant_1@same_money" in (tmp_path / "result" / "answer.md").read_text(encoding="utf-8")


def test_each_arm_gets_a_panel_of_its_own(tmp_path):
    arms = IN_ONE_PANEL + 1
    results(tmp_path, arms)
    figure = trajectories(read_study(tmp_path / "result"))
    drawn = [axes for axes in figure.axes if axes.lines]
    assert [axes.get_title() for axes in drawn] == [f"grant {n}" for n in range(1, arms + 1)]
    assert {len(axes.lines) for axes in drawn} == {3}
