"""The services that host models. `table.py` lists them, and `base.py` holds their interface.

To add a provider, write its file here, declare its settings, and add its row to `table.py`.
"""
