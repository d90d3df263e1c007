"""What axe finds on a page."""

from axe_playwright_python.sync_playwright import Axe

axe = Axe()
# Off in axe by itself: targets of 24 px and more. Preloading fails on a style sheet that another
# one imports, and makes axe write inline styles, which the policy refuses.
OPTIONS = {"preload": False, "rules": {"target-size": {"enabled": True}}}


def violations(page):
    """Return each rule that the page breaks, with the elements that do."""
    broken = axe.run(page, options=OPTIONS).response["violations"]
    return [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in broken]
