"""Recovery: how somebody gets a password of their own, by a link or a one-time code. Owns no table.

Whoever asks, for themselves or as an administrator, only has a fact recorded; the link or code is made where it is sent. What
comes of using one is decided here.
"""
