"""API keys: what programs act with. Owns `api_keys`; a key is shown once, stored hashed, and dead the moment it is revoked."""
