"""Every environment variable of the desk: type, default, limits and help.

To add a setting, declare it in the module of its section, use it as `settings.NAME`, and run
`python -m config.environment` to update the documents. Only settings that Django knows under
another name also need a line in `config/settings.py`.
"""
