"""The admin REST API at /t/{tenant}/api/v1/admin: one file for each resource, each route with its contract beside it."""
