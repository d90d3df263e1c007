"""The API's description in OpenAPI 3.1, generated from the routes, the shapes and the forms.

Nothing about an endpoint is written here: `@endpoint(...)` declares it beside its view.
"""
