"""Sources that are declared in files instead of programmed: plain REST APIs that answer GET with JSON.

Importing this package costs nothing; the YAML reader is only loaded where there is a file.
"""
