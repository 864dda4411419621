"""Parts of a config that are right one by one and do not go together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from mmfusion.config.code import submodules
from mmfusion.config.errors import ConfigError, suggest
from mmfusion.config.names import MANIFEST, RESERVED
from mmfusion.config.signature import Signature, components
from mmfusion.config.slots import SLOTS
from mmfusion.config.split import check_split
from mmfusion.config.task_metrics import facts_of
from mmfusion.config.validation import without_validation
from mmfusion.config.validation_interval import interval_problems

Problem = tuple[str, str]
CUDA_GRAPHS = ("reduce-overhead", "max-autotune")
"""Modes of `torch.compile` that replay one walk through the graph."""
Read = Callable[[str], Signature | None]


def impossible(config: Mapping[str, Any], read: Read) -> Iterator[Problem]:
    """Each combination that cannot work, with what would.

    Args:
        config: the composed config, its keys and types already checked.
        read: a target's signature, None if unknown.
    """
    encoders, tasks = config["encoder"], config["task"]
    modalities = config["data"].get("modalities") or {}
    if not encoders:
        options = ", ".join(f"+encoder/{node['kind']}@encoder.{name}=..." for name, node in modalities.items())
        yield "encoder", f"there is none, so no modality is in use; add at least one of {options or 'them'}"
    if not tasks:
        yield "task", "there is none; add one, for example +task@task.label=classification"
    split = list(_split(config["data"]))
    yield from split or without_validation(config)
    yield from _names("encoder", encoders)
    yield from _names("task", tasks)
    yield from _modalities(encoders, modalities, read)
    yield from _transforms(modalities, read)
    for key, node in _with_nested("fusion", config["fusion"]):
        yield from _fusion(key, node, encoders, read)
    yield from _gradients(config, read)
    yield from interval_problems(config)
    yield from _sharded(config["trainer"], config["compile"])
    yield from _placeholders(config, read)
    yield from _known("fusion.weights", config["fusion"].get("weights"), encoders, "modality")
    yield from _known("modality.dropout", config["modality"]["dropout"], encoders, "modality")
    yield from _known("loss_weighting.weights", config["loss_weighting"].get("weights"), tasks, "task")
    monitor = config["callbacks"]["monitor"]["metric"]
    yield from _metrics("callbacks.monitor.metric", monitor, tasks, read)
    yield from _metrics("scheduler.monitor", config["scheduler"].get("monitor"), tasks, read)


def _split(data: Mapping[str, Any]) -> Iterator[Problem]:
    if data["_target_"] == MANIFEST and "split" in data:
        try:
            check_split(data["split"])
        except ConfigError as error:
            key, _, why = str(error).partition(": ")
            yield key, why


def _names(section: str, names: Iterable[str]) -> Iterator[Problem]:
    """Names end up in metrics (`test[a+b]/task/metric`) and as parts of a torch module, and must fit there."""
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", str(name)):
            yield f"{section}.{name}", "a name is made of ASCII letters, digits, _ and -"
        elif name in RESERVED:
            own = " and set column to the data's" if section == "task" else ", in data.modalities too"
            yield f"{section}.{name}", f"this name is taken by torch; choose another, for example {name}_{own}"


def _modalities(encoders: Mapping[str, Any], modalities: Mapping[str, Any], read: Read) -> Iterator[Problem]:
    for name, node in encoders.items():
        if name not in modalities:
            yield f"encoder.{name}", f"the data has no modality {name!r}; {suggest(name, modalities)}"
            continue
        reads, kind = _attribute(node, "kind", read), modalities[name]["kind"]
        if isinstance(reads, str) and reads != kind:
            others = _those_with("kind", kind, "mmfusion.encoders", read)
            yield (
                f"encoder.{name}",
                f"{node['_target_']} reads {reads}, but data.modalities.{name} is {kind}; what reads {kind}: {others}",
            )


def _transforms(modalities: Mapping[str, Any], read: Read) -> Iterator[Problem]:
    for name, node in modalities.items():
        for stage, listed in (node.get("transforms") or {}).items():
            for index, each in enumerate(listed or ()):
                takes = _attribute(each, "kinds", read)
                if isinstance(takes, tuple | list) and node["kind"] not in takes:
                    yield (
                        f"data.modalities.{name}.transforms.{stage}[{index}]",
                        f"{each['_target_']} works on {', '.join(takes)}, and modality {name!r} is {node['kind']}; "
                        "torchvision.transforms.v2 works on images, torchaudio.transforms on sounds",
                    )


def _fusion(key: str, node: Mapping[str, Any], encoders: Mapping[str, Any], read: Read) -> Iterator[Problem]:
    fusion = node["_target_"]
    if _attribute(node, "needs_tokens", read) is True:
        without = [name for name, each in encoders.items() if _attribute(each, "gives_tokens", read) is False]
        if without:
            others = _those_with("gives_tokens", True, "mmfusion.encoders", read)
            pooled = _those_with("needs_tokens", False, "mmfusion.fusion", read)
            yield (
                key,
                f"{fusion} works on tokens, and the encoder of {', '.join(without)} gives a single vector. "
                f"Encoders that give tokens: {others}. Fusions of vectors: {pooled}",
            )
    limit = _attribute(node, "max_modalities", read)
    if isinstance(limit, int) and len(encoders) > limit:
        wider = _those_with("max_modalities", None, "mmfusion.fusion", read)
        yield (
            key,
            f"{fusion} takes up to {limit} modalities, found {len(encoders)} ({', '.join(encoders)}). "
            f"Take {len(encoders) - limit} out (~encoder.<name>), or use one of {wider}",
        )


def _gradients(config: Mapping[str, Any], read: Read) -> Iterator[Problem]:
    """What takes the tasks' gradients, in the loss weighting's name or for the log alone."""
    where, mode = config["gradients_of"], config["compile"]["mode"]
    logged = config["report"]["gradients_every_n_steps"] > 0
    if not logged and _attribute(config["loss_weighting"], "needs_gramian", read) is not True:
        return
    if config["trainer"]["strategy"] == "fsdp" and where != "representation":
        yield (
            "gradients_of",
            f"{where} needs whole parameters on every rank, and trainer.strategy=fsdp shards them; "
            "use gradients_of=representation, or trainer.strategy=ddp",
        )
    if config["compile"]["enabled"] and mode in CUDA_GRAPHS:
        who = "report.gradients_every_n_steps" if logged else config["loss_weighting"]["_target_"]
        yield (
            "compile.mode",
            f"{mode} replays CUDA graphs, which cannot be walked once per task as {who} needs; "
            "use compile.mode=default or max-autotune-no-cudagraphs",
        )


def _sharded(trainer: Mapping[str, Any], compiled: Mapping[str, Any]) -> Iterator[Problem]:
    if trainer["strategy"] != "fsdp":
        return
    if compiled["enabled"]:
        yield "compile.enabled", "a compiled model cannot be sharded; use trainer.strategy=ddp, or do not compile"
    if trainer["precision"] == "16-mixed":
        yield (
            "trainer.precision",
            "16-mixed needs loss scaling, which trainer.strategy=fsdp has not; use trainer.precision=bf16-mixed",
        )


def _placeholders(config: Mapping[str, Any], read: Read) -> Iterator[Problem]:
    if config["modality"]["placeholders"] and _attribute(config["fusion"], "level", read) == "decision":
        others = _those_with("level", "feature", "mmfusion.fusion", read)
        yield (
            "modality.placeholders",
            f"{config['fusion']['_target_']} leaves absent modalities out of the vote, so placeholders would never be "
            f"used; use modality=dropout, or one of fusion={others}",
        )


def _known(key: str, node: Any, names: Iterable[str], what: str) -> Iterator[Problem]:
    """Keys of a mapping that speak of modalities or tasks which are not there."""
    if isinstance(node, Mapping):
        for name in node:
            if name not in names:
                yield f"{key}.{name}", f"there is no {what} {name!r}; {suggest(str(name), names)}"


def _metrics(key: str, metric: Any, tasks: Mapping[str, Any], read: Read) -> Iterator[Problem]:
    """Validation metrics, `val/<task>/<metric>`, of no task here, or that its task does not have."""
    for name in metric if isinstance(metric, Mapping) else [metric]:
        parts = str(name).split("/")
        if len(parts) != 3:
            continue
        if parts[1] not in tasks:
            yield key, f"{name} is of no task here; {suggest(parts[1], tasks)}"
            continue
        there = facts_of(tasks[parts[1]], read)
        if parts[0] == "val" and there and parts[2] not in (*there, "loss"):
            yield key, f"there is no {name!r}; {suggest(name, [f'val/{parts[1]}/{each}' for each in (*there, 'loss')])}"


def _with_nested(key: str, node: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """A component and the components among its arguments."""
    yield key, node
    for name, value in node.items():
        if isinstance(value, Mapping) and "_target_" in value:
            yield from _with_nested(f"{key}.{name}", value)


def _attribute(node: Mapping[str, Any], name: str, read: Read) -> Any:
    signature = read(node["_target_"])
    return signature.attributes.get(name) if signature else None


def _those_with(attribute: str, value: Any, room: str, read: Read) -> str:
    """Names of the files in a room whose component has this value of a class attribute."""
    found = []
    for module in submodules(room):
        signatures = [read(f"{module}.{name}") for name in components(module)]
        bases = SLOTS[room.split(".")[1].removesuffix("s")].bases
        classes = [s for s in signatures if s and s.is_class and set(bases) & set(s.lineage)]
        if any(s.attributes.get(attribute) == value for s in classes):
            found.append(module.removeprefix(f"{room}."))
    return ", ".join(found) or "none"
