"""Population 初始村庄: drawn from declared endowments, or read from a researcher's village file."""

from sim.population.cells import VillageFileError
from sim.population.columns import COLUMNS, Column, columns_page
from sim.population.drawing import VARIABLES
from sim.population.endowments import BORROWED, GROUPS, GROUPS_ZH
from sim.population.population import Population, draw
from sim.population.village_file import Villages, read_villages

__all__ = [
    "BORROWED",
    "COLUMNS",
    "GROUPS",
    "GROUPS_ZH",
    "VARIABLES",
    "Column",
    "Population",
    "VillageFileError",
    "Villages",
    "columns_page",
    "draw",
    "read_villages",
]
