"""The project's own rules, each a module with `find(root)`; `python -m tools.checks` runs them all.

A rule gives one Finding for each place where it is broken and says there what to do instead.
"""
