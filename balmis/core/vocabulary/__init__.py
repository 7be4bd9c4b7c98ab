"""The words of the domain, once; a file a domain.

Model choices, check constraints, file formats, API schemas and page labels are built from these.
The values are stored: never change one, add a new one.
"""
