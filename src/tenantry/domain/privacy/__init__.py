"""Privacy: deleted people who are deleted for good when their time has come, and erasure that reaches the audit log
and bulk jobs.

Owns no table. Erasing keeps the fact that something happened and takes out who it was; the record of the request itself stays.
"""
