"""What all tests share: hypothesis draws the same examples on every machine and has no clock."""

from hypothesis import settings

settings.register_profile("lianjian", derandomize=True, deadline=None)
settings.load_profile("lianjian")
