"""Write conf/schema.json: what a config may hold, from the components' signatures (`make docs`)."""

import json

from mmfusion.config.json_schema import whole_schema
from mmfusion.config.schema import FILE


def text() -> str:
    """The file's content."""
    return json.dumps(whole_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    print(f"{FILE.name}: {len(whole_schema()['$defs'])} components")
