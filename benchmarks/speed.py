"""How fast is the engine? Prints village-quarters a second and per core, and ratios within one run.

    python benchmarks/speed.py [--replications 600] [--repeats 5]

Times are medians over repeats on one core without writing tables; figures of different machines do not compare, the
ratios between block sizes do. Nothing here is asserted: machines are shared and noisy.
"""

from __future__ import annotations

import argparse
import platform
import resource
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from sim.engine import arm_names, simulate_block
from sim.scenario import load_scenario
from sim.scenario.scenario import Scenario

SCENARIO = Path(__file__).parent.parent / "scenarios" / "tianqiao.yaml"


ARMS = ("no_policy", "grant", "grant@same_money", "pool", "pool@same_money", "pool@same_management")
"""Arms of the example that are timed together."""


def seconds(scenario: Scenario, arms: Sequence[str], replications: int, repeats: int) -> float:
    """Median time of one block with all its arms."""
    taken = []
    for repeat in range(repeats):
        start = time.perf_counter()
        simulate_block([scenario], [0], range(replications), arms, seed=repeat)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=600)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    scenario = load_scenario(SCENARIO)
    villages, quarters = scenario.population.villages, scenario.calendar.quarters
    arms = arm_names(scenario, ARMS)
    print(
        f"{platform.machine()}, Python {platform.python_version()}, {villages} villages, {quarters} quarters, one core"
    )
    print(f"{'runs in a block':>16} {'arms':>5} {'seconds':>8} {'million village-quarters a second':>34}")
    rates = {}
    for replications in (1, 20, options.replications // 3, options.replications):
        taken = seconds(scenario, arms, replications, options.repeats)
        rates[replications] = replications * villages * quarters * len(arms) / taken / 1e6
        print(f"{replications:>16} {len(arms):>5} {taken:>8.2f} {rates[replications]:>34.2f}")
    for arm in ("no_policy", "pool"):
        taken = seconds(scenario, [arm], options.replications, options.repeats)
        rate = options.replications * villages * quarters / taken / 1e6
        print(f"{options.replications:>16} {arm:>5.5} {taken:>8.2f} {rate:>34.2f}")
    print(f"a full block is {rates[options.replications] / rates[1]:.0f} times as fast as single runs")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
