"""Notices: the mails that follow what happened. Owns `mail_messages` and the texts; it watches events and nobody imports it."""
