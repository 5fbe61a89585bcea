"""Recovery: how somebody gets a password of their own, by a link or a one-time code. Owns no table.

Links are made where they are mailed; what this module decides is what comes of using one.
"""
