"""Notices: the mails and text messages that follow what happened, and what became of each.

Owns `mail_messages` and the built-in texts; it watches events, and no other module of the domain imports it.
"""
