"""Write docs/reference.md: every option of every group with its defaults, straight from conf/ (`make docs`)."""

from __future__ import annotations

from pathlib import Path

from mmfusion.config.folders import groups, own_folder

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference.md"
HEADER = """\
# Reference: every option

Written by `make docs` from `conf/`; do not edit. `mmfusion ls` prints the same list in a terminal, and
`mmfusion train --cfg job [overrides]` the whole config that a command would run with.
"""


def page() -> str:
    """The page as text."""
    parts = [HEADER, "## The config as a whole\n", _block(own_folder() / "train.yaml")]
    for group, options in sorted(groups([own_folder()]).items()):
        if not group:
            continue
        parts.append(f"## {group}\n")
        for option, path in sorted(options.items()):
            parts += [f"### `{group}={option}`\n", _block(path)]
    return "\n".join(parts)


def _block(path: Path) -> str:
    return f"```yaml\n{path.read_text().strip()}\n```\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
    print(f"{PAGE.name}: {len(page().splitlines())} lines")
