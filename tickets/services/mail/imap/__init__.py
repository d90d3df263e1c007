"""Fetch mail by IMAP."""
