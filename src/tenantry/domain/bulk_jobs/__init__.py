"""Bulk jobs: one action for many people, as a job that can be followed, cancelled and taken up again.

Owns `bulk_jobs` and `bulk_job_results`. It changes no person by itself: each one goes through the action that a door would call
for them alone, with what the asker may do at that moment.
"""
