"""What axe finds on a page."""

from axe_playwright_python.sync_playwright import Axe

axe = Axe()
# Off in axe by itself: targets of 24 px and more. Preloading fails on a style sheet that another
# one imports, and makes axe write inline styles, which the policy refuses.
OPTIONS = {"preload": False, "rules": {"target-size": {"enabled": True}}}
# Colours that are still changing have too little contrast.
END_TRANSITIONS = """() => new Promise((done) => requestAnimationFrame(() => {
    for (const each of document.getAnimations()) {
        if (each instanceof CSSTransition) each.finish();
    }
    done();
}))"""


def violations(page):
    """Return each rule that the page breaks, with the elements that do."""
    broken = axe.run(page, options=OPTIONS).response["violations"]
    return [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in broken]


def violations_in_both_themes(page):
    """Return the same for light and for dark colours, as the system asks for them."""
    by_theme = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(END_TRANSITIONS)
        if broken := violations(page):
            by_theme[scheme] = broken
    return by_theme
