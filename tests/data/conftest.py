"""The table that many tests of the data room read; none of them changes it."""

from __future__ import annotations

import pytest

from mmfusion.data.table.table import Table
from tests.data.media import make_table


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    """Rows of every kind of modality, with holes."""
    return make_table(tmp_path_factory.mktemp("media"))
