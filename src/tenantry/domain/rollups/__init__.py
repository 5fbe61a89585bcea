"""Rollups: upkeep across tenants, by the clock. Owns `user_counts`; what it deletes is past its time by a rule of others."""
