"""Captions 图注: the text beside each figure, with n, interval, seed and what the figure is not."""

from __future__ import annotations

from sim.language import Text
from sim.report.figures.material import Material
from sim.report.figures.style import Sheet

MEAN_INTERVAL = Text(
    "Intervals: 95%, Student's t over {n} replications; they show chance within the model, not how far its assumptions "
    "could be wrong.",
    "区间：对{n}次重复取学生t分布的95%置信区间；只反映模型内的随机性，不反映假设本身可能的偏差。",
)
ONE_REPLICATION = Text("One replication: no intervals.", "只有一次重复，不给出区间。")
MADE = Text(
    "{villages} villages, n = {n} replications, seed {seed}, scenario {scenario}; window {first} to {last}. A comparison "
    "under the scenario's assumptions, not a forecast.",
    "{villages}个村，n = {n}次重复，随机种子{seed}，情景文件{scenario}；评判期{first}至{last}年。"
    "以上为情景假设下的方案比较，不是预测。",
)


def caption(material: Material, sheet: Sheet, *said: str, interval: Text | None = MEAN_INTERVAL) -> str:
    """What is drawn, then the interval, then where the numbers come from; one paragraph."""
    made = material.study.manifest
    n = material.study.replications
    parts = list(said)
    if interval is not None:
        parts.append(sheet.say(interval if n > 1 else ONE_REPLICATION, n=n))
    first, last = made["window"]
    names = {"villages": made["villages"], "n": n, "seed": made["seed"], "scenario": made["scenario"]}
    parts.append(sheet.say(MADE, **names, first=first, last=last))
    return ("" if sheet.language == "zh" else " ").join(part for part in parts if part) + "\n"
