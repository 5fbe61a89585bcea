"""Credentials: how a password is judged, hashed, stored and verified. Knows nothing of sign-in pages or sessions."""
