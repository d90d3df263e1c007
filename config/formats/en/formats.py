"""One way to write a time on all pages of the back office, Django's own among them."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i"
