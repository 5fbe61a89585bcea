"""Audit: reading, exporting and ageing the events that everybody records. Nobody imports it but the figures and the doors."""
