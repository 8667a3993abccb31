"""Mechanisms 机制: how the village world works, one process a file (ODD submodels); see schedule.py for their order."""
