"""Speed of sweeps 扫描速度: one worker against two, interleaved, and a sweep of thousands of design points.

    .venv/bin/python benchmarks/sweeps.py pairs         five pairs of one and two workers, ratios
    .venv/bin/python benchmarks/sweeps.py large         2,000 points x 4 arms x 20 replications of Tianqiao

Times are of whole sweeps, tables written. Ratios within one run are what can be compared: machines differ and are shared, so
the load is printed beside them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from sim.experiment.reading import experiment_of
from sim.sweeping import run_experiment

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
ARMS = ["no_policy", "pool", "pool@same_money", "pool@same_management"]
FACTORS = {
    "arms.pool.funding_pool.open_share": {"range": [0.2, 1.0]},
    "arms.pool.funding_pool.match": {"range": [0.0, 0.5]},
    "parameters.projects.overhead": "prior",
    "parameters.governance.monitoring": "prior",
    "forms.joint_manager": "each",
}
PAIRS = 5


def sweep(points: int, replications: int, workers: int, out: Path) -> float:
    """Seconds of a Latin hypercube."""
    document = {
        "schema": 1,
        "question": "How fast is it?",
        "scenario": "tianqiao.yaml",
        "arms": ARMS,
        "factors": FACTORS,
        "design": {"method": "latin_hypercube", "points": points, "seed": 1},
        "replications": replications,
    }
    experiment = experiment_of(document, name="speed", folder=SCENARIOS)
    started = time.perf_counter()
    results = run_experiment(experiment, out=out, workers=workers)
    seconds = time.perf_counter() - started
    runs = results.manifest["runs"]["ok"]
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 2**20
    memory = results.manifest["peak_memory_mib"]
    print(
        f"{workers} workers: {runs:,} runs in {seconds:.1f} s, {runs / seconds:,.0f} runs/s, {size:.0f} MiB on the disk, "
        f"{memory} MiB of memory at most, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return seconds


def pairs(folder: Path) -> None:
    """One and two workers in turn."""
    ratios = []
    for pair in range(PAIRS):
        one = sweep(120, 20, 1, folder / f"one-{pair}")
        two = sweep(120, 20, 2, folder / f"two-{pair}")
        ratios.append(one / two)
    said = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"one worker takes {said} times what two take; median {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("pairs", "large"))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        if chosen.what == "pairs":
            pairs(Path(made))
        else:
            sweep(2000, 20, 2, Path(made) / "large")
