"""Tenants: the walls between customers. Owns slugs, status and settings; never touches what lives inside a tenant."""
