"""Recovery: single-use links by which somebody sets a password of their own. Owns `recovery_codes`.

Opening a link is not using it: only `use_link` uses one up, and whoever calls it makes sure that a person pressed
something. Links are made here and mailed elsewhere.
"""
