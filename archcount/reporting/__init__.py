"""Reporting: records to text; columns are data, and one renderer serves each format."""
