"""The only place where input is checked. The JSON API, the pages and the admin share the forms.

A form field turns every value into text, so the API checks JSON types first, by each field's
`json_types` and `json_null`.
"""
