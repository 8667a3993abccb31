"""The model for Mesa: agents as live views on the arrays, one step a quarter of the same engine."""

from sim.model.agents import Council, Enterprise, Town, Village
from sim.model.joint_development import JointDevelopmentModel

__all__ = ["Council", "Enterprise", "JointDevelopmentModel", "Town", "Village"]
