"""Provisioning: writes that need several modules. A person with roles, groups and a password, or a tenant with its roles."""
