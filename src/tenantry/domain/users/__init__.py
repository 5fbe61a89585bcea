"""Users: the people and services of a tenant, their identifiers, profile and state facts.

Owns the tables `users`, `user_activity` and the exact totals. Knows nothing of passwords, roles, groups or sessions; what they
change about a person's state they change through the actions here.
"""
