"""The order of a quarter, written once.

1. production        prices first: everybody meets the same market this quarter
2. grouping          who belongs together, and last year's need
3. grants            money arrives before anybody decides what to do with it
4. joint_management  who runs joint projects and what meeting costs, before members judge the pool
5. joint_vehicle     last quarter's bills and, at year end, dividends, before new money comes in
6. funding_pool      members decide on the pool first: what is not pooled is free for own use
7. projects          own and joint money is turned into projects; running projects pay
8. pairing           helpers give time from the profit that projects have just shown
9. enterprises       firms come and go; at year end they pay fees, wages and local tax
10. tax_sharing      the year's tax is there before it is shared
11. land             rent of reserve land
12. distribution     what is left of the year's income is spent or saved
13. talent           people come, go, learn and vote on what the year has shown
14. joint_services   services near by are felt over the year
15. governance       trust is moved last, by what members have seen this year
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from sim.mechanisms import (
    distribution,
    enterprises,
    funding_pool,
    governance,
    grants,
    grouping,
    joint_management,
    joint_services,
    joint_vehicle,
    land,
    pairing,
    production,
    projects,
    talent,
    tax_sharing,
)

SCHEDULE = (
    production,
    grouping,
    grants,
    joint_management,
    joint_vehicle,
    funding_pool,
    projects,
    pairing,
    enterprises,
    tax_sharing,
    land,
    distribution,
    talent,
    joint_services,
    governance,
)


@dataclass(frozen=True)
class ModelParameters:
    """The parameters of all mechanisms; a policy returns a changed copy."""

    production: production.Parameters
    grouping: grouping.Parameters
    grants: grants.Parameters
    joint_management: joint_management.Parameters
    joint_vehicle: joint_vehicle.Parameters
    funding_pool: funding_pool.Parameters
    projects: projects.Parameters
    pairing: pairing.Parameters
    enterprises: enterprises.Parameters
    tax_sharing: tax_sharing.Parameters
    land: land.Parameters
    distribution: distribution.Parameters
    talent: talent.Parameters
    joint_services: joint_services.Parameters
    governance: governance.Parameters


def stem(module: ModuleType) -> str:
    """The one word that names a mechanism's or policy's file, key, test and docs anchor."""
    return module.__name__.rpartition(".")[2]
