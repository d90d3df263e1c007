"""What is read out of Lighthouse's and html-validate's answers."""

from bench.ui.tools import lost, score

REPORT = {
    "categories": {
        "seo": {"score": 0.92, "auditRefs": [{"id": "title"}, {"id": "crawl"}, {"id": "hint"}]},
        "performance": {"score": None, "auditRefs": []},
    },
    "audits": {
        "title": {"id": "title", "title": "Has a title", "score": 1},
        "crawl": {
            "id": "crawl",
            "title": "Is blocked from indexing",
            "score": 0,
            "details": {"items": [{"source": "<meta>"}]},
        },
        "hint": {"id": "hint", "title": "Look yourself", "score": None},
    },
}


def test_a_score_is_of_a_hundred():
    assert score(REPORT, "seo") == 92


def test_what_could_not_be_measured_is_no_success():
    assert score(REPORT, "performance") == 0


def test_the_audits_that_cost_points_are_named_with_a_place():
    assert lost(REPORT, "seo") == 'crawl: Is blocked from indexing\n  {"source": "<meta>"}'
