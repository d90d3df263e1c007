"""Check every page of the running program as its users and their tools see it.

make check-ui       measure each page and state against the limits in docs/ui.md
make screenshots    take a picture of each page for docs/screenshots/
"""
