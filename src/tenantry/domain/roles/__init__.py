"""Roles: named sets of permissions, held by users directly or through groups. Owns roles, permissions and assignments."""
