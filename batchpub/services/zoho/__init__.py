"""Zoho People: what it is asked, what its answers mean, and how it lets us in."""
