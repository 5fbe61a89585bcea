"""Registration: people who sign up by themselves, where the tenant allows it. Owns no table.

Nobody learns here whether somebody else has an account: whoever signs up is sent to their mail, whatever the address.
"""
