"""What a config may say about Hydra itself.

Hydra builds what its sections name, and passes on what stands beside it: to some launchers shell commands. So config
files may set folders, and mmfusion's own sweepers and launchers with their options; all else is for the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from pkgutil import resolve_name
from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.config.mismatches import mismatches, report

GRID = "hydra_plugins.mmfusion_grid.GridSweeper"
HARMLESS = ("output_subdir", "run", "sweep", "verbose")
PARTS = {
    "sweeper": (GRID, "hydra_plugins.mmfusion_search.SearchSweeper"),
    "launcher": ("hydra_plugins.mmfusion_process.ProcessLauncher",),
}
"""What files may choose; Hydra's `basic` ones stand for no choice."""

_THEIRS = {
    "hydra_joblib_launcher.joblib_launcher.JoblibLauncher": "hydra_joblib_launcher.config.JobLibLauncherConf",
    "hydra_submitit_launcher.submitit_launcher.LocalLauncher": "hydra_submitit_launcher.config.LocalQueueConf",
    "hydra_submitit_launcher.submitit_launcher.SlurmLauncher": "hydra_submitit_launcher.config.SlurmQueueConf",
    "hydra_ray_launcher.ray_launcher.RayLauncher": "hydra_ray_launcher.ray_launcher.RayLauncher",
}
"""Launchers of others, to what says which options they have; both below `hydra_plugins`."""

_BASIC = "hydra._internal.core_plugins.basic_"


def refuse_options(hydra: Mapping[str, Any], stock: Mapping[str, Any]) -> None:
    """Refuse what config files must not say: `hydra` is Hydra's section as they make it, `stock` that without them."""
    for key, node in hydra.items():
        if key in HARMLESS or key == "searchpath" or node == stock.get(key):
            continue  # the search path is the command line's; Hydra itself lets no file set it
        if key not in PARTS:
            may = ", ".join(f"hydra.{name}" for name in (*HARMLESS, *PARTS))
            raise ConfigError(
                f"hydra.{key}: a config file may set {may} and nothing else of Hydra's, because Hydra would call what "
                "it names; give it on the command line"
            )
        target = node.get("_target_") if isinstance(node, Mapping) else None
        if target not in PARTS[key] and not str(target).startswith(_BASIC):
            raise ConfigError(
                f"hydra.{key}: a config file may choose {', '.join(PARTS[key])}; {target!r} is for the command line"
            )
        _refuse_inner(f"hydra.{key}", {name: value for name, value in node.items() if name != "_target_"})


def check_options(hydra: Mapping[str, Any]) -> None:
    """Refuse options that the sweeper or the launcher of Hydra's section does not have."""
    from mmfusion.config.json_schema import component_schema  # needs pydantic, which is slow to import

    for key, targets in PARTS.items():
        node = hydra.get(key)
        if not isinstance(node, Mapping):
            continue
        target = str(node.get("_target_"))
        theirs = _THEIRS.get(target.removeprefix("hydra_plugins."))
        if target in targets or theirs:
            component = resolve_name(f"hydra_plugins.{theirs}" if theirs else target)
            report(mismatches(f"hydra.{key}", node, component_schema(component, "")))


def _refuse_inner(key: str, node: Any) -> None:
    """Hydra's `instantiate` goes down into what it builds, and would call what stands there too."""
    items = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for name, value in items:
        if str(name) in ("_target_", "_args_", "_partial_", "_recursive_", "_convert_"):
            raise ConfigError(f"{key}.{name}: a config file may not set it, because Hydra would call what it names")
        _refuse_inner(f"{key}.{name}", value)
