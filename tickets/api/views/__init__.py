"""The JSON API's views: read, one call, answer. Errors are raised; a middleware answers them.

Each `@endpoint` declares what its view takes and returns. The declarations, names and docstrings
are published, see `openapi/document.py`.
"""
