"""Looks at every page of the running program as its users and their tools do.

make check-ui       measures each page and state against docs/ui.md
make screenshots    keeps a picture of each in docs/screenshots/
"""
