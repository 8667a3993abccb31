"""A page to explore Tianqiao in a browser 网页演示: move a lever, and see incomes, trust and the councils' map change.

    pip install "lianjian[viz]"        # once; in a checkout: .venv/bin/python -m pip install -e ".[viz]" -c constraints.txt
    solara run examples/explore.py

One replication is shown, next to the same villages without policy: chance is the same in both, but another replication
may look different. What the model says is the mean of many, with its interval: ``lianjian run``.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import solara
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from mesa import DataCollector
from mesa.visualization import Slider, SolaraViz, make_plot_component
from mesa.visualization.solara_viz import UserInputs

import sim
from sim.engine import simulate_block

SCENARIO = Path(__file__).resolve().parents[1] / "scenarios" / "tianqiao.yaml"
VILLAGES = 27
SCALE = 2, 200  # incomes on the map; the same at every move of a lever, so that colours can be compared
UNIT = "10,000 yuan"  # figures keep to signs that every font has
ARMS = ["no_policy", "grant", "pool", "pool@same_money", "pairing", "grant_and_pairing", "tax_sharing", "package"]
LEVERS = {
    # name: (label, value at the start, smallest, largest, step)
    "grant": ("Grant 补助, 万元 a village", 25.0, 0.0, 100.0, 5.0),
    "floor": ("Floor 最低出资率", 0.1, 0.0, 0.9, 0.1),
    "match": ("Match 配套比例", 0.2, 0.0, 1.0, 0.1),
    "manager_weight": ("Manager 经营者权重", 0.5, 0.0, 1.0, 0.1),
    "benefit_share": ("Helpers' share 帮带分成", 0.2, 0.0, 0.5, 0.05),
    "tax_share": ("Tax share 税收分成", 0.2, 0.0, 0.8, 0.1),
    "councils": ("Councils 片区数", 7, 1, 13, 1),
    "replication": ("Replication 重复编号", 0, 0, 20, 1),
    "until": ("Until the end of 截至", 2024, 2012, 2034, 1),
}
DEFAULTS: dict[str, Any] = {"arm": "pool"} | {name: lever[1] for name, lever in LEVERS.items()}
PATHS = {
    "grant": ("arms.grant.demonstration_grant.budget.per_year", "arms.pool.demonstration_grant.budget.per_year"),
    "floor": ("arms.pool.funding_pool.contribution_floor",),
    "match": ("arms.pool.funding_pool.match",),
    "manager_weight": ("parameters.joint_management.manager_weight",),
    "benefit_share": ("arms.pairing.pairing.benefit_share",),
    "tax_share": ("arms.tax_sharing.tax_sharing.share",),
    "councils": ("population.councils.count",),
}
"""Where each lever stands in the scenario file."""
chosen = solara.reactive(DEFAULTS)
"""The levers as they stand, for each browser session."""


def controls(values: dict[str, Any]) -> dict[str, Any]:
    """Mesa's controls for the levers; each slider says its value."""
    arm = {"type": "Select", "label": "Arm 政策组合", "value": values["arm"], "values": ARMS}
    sliders = {
        name: Slider(f"{label}: {values[name]:g}", values[name], low, high, step)
        for name, (label, _, low, high, step) in LEVERS.items()
    }
    return {"arm": arm} | sliders


@lru_cache(maxsize=32)
def scenario_of(levers: tuple[tuple[str, float], ...]) -> Any:
    """Tianqiao with the levers in their places."""
    said = {name: value * VILLAGES if name == "grant" else value for name, value in levers}
    return sim.load_scenario(
        SCENARIO, set=[f"{path}={value:g}" for name, value in said.items() for path in PATHS[name]]
    )


@lru_cache(maxsize=32)
def incomes_without_policy(levers: tuple[tuple[str, float], ...], replication: int) -> np.ndarray:
    """Earned income of the same villages in an arm without blocks, (years, villages)."""
    place = scenario_of(levers)
    (plain,) = simulate_block([place], [0], [replication], ["no_policy"], place.seed)
    return plain.villages["earned_income"][0]


class Explored(sim.JointDevelopmentModel):
    """The model with levers as arguments, simulated at once until the year shown; those not given are as last chosen."""

    def __init__(self, *, rng: int | None = None, **kwargs: Any) -> None:
        self.levers = chosen.value | kwargs
        set_in_file = tuple((name, float(self.levers[name])) for name in PATHS)
        super().__init__(scenario_of(set_in_file), self.levers["arm"], int(self.levers["replication"]), rng=rng)
        place = tuple(lever for lever in set_in_file if lever[0] == "councils")
        self.plain = incomes_without_policy(place, self.replication)
        self.datacollector = DataCollector(
            {"this arm": lambda m: m.income(), "no policy": lambda m: m.income(plain=True), "trust": mean_trust}
        )
        while self.running and self.year_over < self.levers["until"]:
            self.step()

    @property
    def year_over(self) -> int:
        """The last calendar year that is over."""
        return self.loaded.calendar.start + (self.quarter.index // 4) - 1

    def by_village(self, *, plain: bool = False) -> np.ndarray:
        """Earned income of the last year that is over, 万元."""
        years = self.quarter.index // 4
        if not years:
            return np.full(len(self.villages), np.nan)
        return self.plain[years - 1] if plain else self.state.earned_last_year[0]

    def income(self, *, plain: bool = False) -> float:
        return float(self.by_village(plain=plain).mean())


def mean_trust(model: Explored) -> float:
    return float(model.state.trust.mean())


def council_map(model: Explored) -> Any:
    """Villages where they are, coloured by income and sized by population; lines join the members of a council."""
    figure = Figure(figsize=(6.2, 4.6), layout="constrained")
    axes = figure.subplots()
    state, income = model.state, model.by_village()
    x, y = state.x[0], state.y[0]
    for council in model.councils.values():
        members = [village.index for village in council.members]
        centre = x[members].mean(), y[members].mean()
        for village in members:
            axes.plot([x[village], centre[0]], [y[village], centre[1]], color="0.6", linewidth=1, zorder=1)
    dots = axes.scatter(
        x,
        y,
        c=np.nan_to_num(income),
        s=40 + state.population[0] / 12,
        cmap="viridis",
        norm=LogNorm(*SCALE, clip=True),
        edgecolor="black",
        linewidth=0.6,
        zorder=2,
    )
    axes.set(
        xlabel="km, east",
        ylabel="km, north",
        title=f"{len(model.councils)} councils, incomes of {model.year_over} (size: population)",
    )
    axes.set_aspect("equal")
    axes.spines[["top", "right"]].set_visible(False)
    bar = figure.colorbar(dots, ax=axes, label=f"earned income, {UNIT}", extend="both")
    bar.set_ticks([2, 5, 10, 20, 50, 100, 200], labels=["2", "5", "10", "20", "50", "100", "200"])
    return solara.FigureMatplotlib(figure, format="png", bbox_inches="tight")


def numbers(model: Explored) -> Any:
    """What the figures show, as numbers."""
    here, plain = model.by_village(), model.by_village(plain=True)
    poorest = np.argsort(model.plain[model.loaded.calendar.burn_in_years - 1])[: VILLAGES // 3]
    cost = sum(float(paid.sum()) for paid in model.records().public_cost.values())
    rows = {
        "Earned income 经营与投资收入, 万元 a village": f"{here.mean():.2f}",
        "Difference to no policy 与无政策之差": f"{(here - plain).mean():+.2f}",
        "The same, poorest third 最穷三分之一": f"{(here - plain)[poorest].mean():+.2f}",
        "Villages with less than without policy 受损村数": f"{int((here < plain - 1e-9).sum())} of {VILLAGES}",
        "Public cost so far 财政支出累计, 万元": f"{cost:,.0f}",
        "Mean trust 平均信任": f"{mean_trust(model):.2f}",
        "Firms 企业数": f"{len(model.enterprises)}",
    }
    lines = [f"| {name} | **{value}** |" for name, value in rows.items()]
    arm, seen = model.arm.replace("_", "\\_"), model.replication
    return solara.Markdown(
        f"### {arm}, {model.year_over}\n\n| | |\n|:--|--:|\n" + "\n".join(lines) + "\n\n"
        f"One replication (number {seen}), not a result: `lianjian run` gives the mean of many with its interval."
    )


def in_years(title: str, label: str) -> Any:
    """Mesa's plots count steps: put calendar years on the axis instead."""

    def finish(axes: Any) -> None:
        axes.xaxis.set_major_formatter(lambda step, _: f"{scenario_of(()).calendar.start + (step + 1) / 4:.0f}")
        for line in axes.lines:
            line.set_drawstyle("steps-post")
        axes.xaxis.label.set_visible(False)  # it would say Step
        axes.set(title=title, ylabel=label)
        axes.spines[["top", "right"]].set_visible(False)

    return finish


trajectories = make_plot_component(
    {"this arm": "#0072B2", "no policy": "#999999"},
    post_process=in_years("Earned income of the last full year, mean", UNIT),
)
trust = make_plot_component({"trust": "#009E73"}, post_process=in_years("Mean trust", "share"))


@solara.component
def Page() -> None:
    """Levers at the side; Play and Step go on from the year shown, Reset goes back to it."""
    model = solara.use_memo(lambda: solara.reactive(Explored()), [])

    def change(name: str, value: Any) -> None:
        chosen.value = chosen.value | {name: value}
        model.value = Explored()

    solara.Style(
        ".v-card:has(> .v-card__text > .v-sheet:empty) { display: none }"
    )  # SolaraViz's own, for no parameters
    with solara.Sidebar(), solara.Card("Levers 政策工具"):
        UserInputs(controls(chosen.value), on_change=change)
    SolaraViz(model, components=[council_map, trajectories, numbers, trust], name="lianjian 联建: Tianqiao 田桥镇")
