"""Hydra finds plugins in this package; the work is done in `mmfusion.sweeps`."""

from __future__ import annotations

from typing import Any

from hydra_plugins.mmfusion_grid import LaunchingSweeper
from mmfusion.sweeps.search.settings import SearchSettings


class SearchSweeper(SearchSettings, LaunchingSweeper):
    """Asks Optuna what to try, and tells it what came of it; `SearchSettings` are its options."""

    def sweep(self, arguments: list[str]) -> Any:
        """Search; what is the same in each trial and what is not, `mmfusion.sweeps.command.current` has as typed."""
        from mmfusion.sweeps.search.start import search

        return search(self, self.launcher)
