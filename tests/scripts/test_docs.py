"""What README and docs point to exists."""

import re


def test_no_page_has_a_gap_and_every_link_leads_somewhere(repo):
    pages = [repo / "README.md", repo / "CONTRIBUTING.md", *sorted((repo / "docs").glob("*.md"))]
    for page in pages:
        text = page.read_text()
        assert "@@" not in text, page
        for link in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
