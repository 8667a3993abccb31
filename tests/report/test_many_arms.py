"""With many arms the screen stays readable: companions leave the table."""

from io import StringIO

import pytest

import sim
from sim.report.answer import print_answer
from sim.report.figures.material import IN_ONE_PANEL

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
