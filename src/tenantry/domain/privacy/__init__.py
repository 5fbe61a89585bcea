"""Privacy: deleted people who are deleted for good when their time has come, and erasure that reaches the audit log,
bulk jobs, saved views and what was mailed.

Owns no table. Erasing keeps the fact that something happened and takes out who it was; the record of the request itself stays.
"""
