"""Mail templates: which messages there are, what stands in them, and the texts that a tenant has written itself.

Owns `mail_templates`. A tenant's text knows variables and conditions and nothing else; it is checked when it is saved. The
built-in texts, and the sending, are the business of `notices`.
"""
