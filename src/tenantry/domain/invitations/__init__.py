"""Invitations: people who are asked to join, from the asking to the acceptance. Owns `invitations`.

An invited person is no user: their address is held back, and the user is made when they accept. Opening a link never accepts.
Links are made where they are mailed, or for an administrator who hands one over; the newest one works.
"""
