"""The JSON API's views: read the request, make one call, respond. The middleware handles errors.

Each `@endpoint` declares what its view takes and returns. The declarations, names and docstrings
are published, see `openapi/document.py`.
"""
