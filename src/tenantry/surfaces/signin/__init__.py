"""The pages on which people sign in and look after their own access, at /t/{tenant}/..."""
