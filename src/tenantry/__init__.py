"""Tenantry: multi-tenant user management in one process on PostgreSQL."""

__version__ = "0.1.0"
