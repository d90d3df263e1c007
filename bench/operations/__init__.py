"""Follow docs/operations.md: run its command blocks in order, and look at what came of them.

Nothing outside of this machine is asked for anything but packages. Stand-ins take the place of the
authority that certifies, of the mail server, of the name and of crontab; everything else is real.
"""
