"""Login: how somebody proves who they are, step by step, until a session starts. Owns `sign_in_attempts`.

One dispatcher, `rules.next_step`, decides from stored facts what comes next; no step knows another one. Nothing here tells a
stranger whether an account exists.
"""
