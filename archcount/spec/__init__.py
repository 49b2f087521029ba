"""The table file: read, validated, every problem located; and the catalogue of shipped tables."""
