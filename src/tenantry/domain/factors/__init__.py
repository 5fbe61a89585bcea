"""Factors: what proves a person beside the password. Owns `factors`; tells the user's row whether there is any."""
