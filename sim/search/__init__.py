"""Policy search 政策搜索: the best packages under a budget, the front over several goals."""
