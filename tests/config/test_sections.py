from dataclasses import MISSING, fields

import pytest

from mmfusion.config import sections
from mmfusion.config.check import check
from mmfusion.config.compose import compose_unchecked
from mmfusion.config.errors import ConfigError

SECTIONS = {name: getattr(sections, name.title()) for name in ("head", "compile", "report", "modality", "paths")}


@pytest.mark.parametrize(("section", "kind"), [(None, sections.Config), *SECTIONS.items()])
def test_a_key_that_is_missing_is_named(section, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = compose_unchecked([]).config
    for name in [field.name for field in fields(kind) if field.default is field.default_factory is MISSING]:
        node = config if section is None else config[section]
        value = node.pop(name)
        with pytest.raises(ConfigError, match=rf"(^|\s){f'{section}.{name}' if section else name}: is missing"):
            check(config)
        node[name] = value
    check(config)
