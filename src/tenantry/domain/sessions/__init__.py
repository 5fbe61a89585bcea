"""Sessions: who is signed in, and from where. Owns `sessions`.

A session is alive while it has not expired and the user's credential epoch is still that of its start, so ending all of them is
one change to one row. Nothing here says how somebody signs in.
"""
