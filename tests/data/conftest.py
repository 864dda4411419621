"""The table that many tests of the data room read; none of them changes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mmfusion.data.table.table import Table
from tests.data.media import make_table


@pytest.fixture(scope="session", autouse=True)
def quick_workers() -> Iterator[None]:
    """Torch waits for a loader process that was stopped in spells of five seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("torch.utils.data._utils.MP_STATUS_CHECK_INTERVAL", 0.1)
        yield


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    """Rows of every kind of modality, with holes."""
    return make_table(tmp_path_factory.mktemp("media"))
