"""Throttles: how often something may be tried, counted in the database so that all server processes count together.

Owns `throttles`. A try is counted in a unit of work of its own, which commits: a refusal that is rolled back would be forgotten.
"""
