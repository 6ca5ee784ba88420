"""Correlation: what moves together in a window of many series, live and in files."""
