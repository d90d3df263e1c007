"""How reports of Lighthouse are read."""

from bench.ui.npm_tools import failed_audits, score

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


def test_a_score_is_out_of_100():
    assert score(REPORT, "seo") == 92


def test_a_category_that_was_not_measured_scores_0():
    assert score(REPORT, "performance") == 0


def test_failed_audits_are_listed_with_their_first_item():
    assert failed_audits(REPORT, "seo") == 'crawl: Is blocked from indexing\n  {"source": "<meta>"}'
