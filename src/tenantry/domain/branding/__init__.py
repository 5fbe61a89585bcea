"""What a tenant looks like: its logo and its accent colour. Owns the logos; never touches how a page or a mail is drawn."""
