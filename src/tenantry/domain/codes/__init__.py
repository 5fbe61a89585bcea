"""Codes: every single-use link and one-time code, of whatever kind. Owns `codes`.

Opening a link is not using it: only `use_code` uses one up, and whoever calls it makes sure that a person pressed something. What
a code is good for is decided by the journey it belongs to; this module knows whether it still is.
"""
