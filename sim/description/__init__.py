"""What the code knows of itself, gathered for people to read: declarations, rules, sources, places, 中文."""
