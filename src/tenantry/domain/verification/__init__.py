"""Verification: that an address or a number belongs to the user, and how somebody changes their address. Owns no table.

Whoever asks only has a fact recorded; the link or code is made where it is sent, and has the id of that fact. What comes of using
one is decided here.
"""
