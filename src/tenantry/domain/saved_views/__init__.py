"""Saved views: how people like to see a list, under a name. Owns `saved_views`; never looks into what the query strings mean."""
