"""Parts of a config that are right one by one and do not go together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mmfusion.config.errors import ConfigError, suggest
from mmfusion.config.mismatches import Problem
from mmfusion.config.names import MANIFEST
from mmfusion.config.schema import config_schema, fact, kind_lineage, those_with
from mmfusion.config.split_rules import check_split
from mmfusion.config.task_metrics import facts_of
from mmfusion.config.validation import interval_problems, without_validation

CUDA_GRAPHS = ("reduce-overhead", "max-autotune")
"""Modes of `torch.compile` that replay one walk through the graph."""


def impossible(config: Mapping[str, Any]) -> Iterator[Problem]:
    """What cannot work in a config whose keys and types are right, and what would."""
    encoders, tasks = config["encoder"], config["task"]
    modalities = config["data"].get("modalities") or {}
    if not encoders:
        kinds = {name: kind_lineage(node, f"data.modalities.{name}")[0] for name, node in modalities.items()}
        options = ", ".join(f"+encoder/{kind}@encoder.{name}=..." for name, kind in kinds.items())
        yield "encoder", f"there is none, so no modality is in use; add at least one of {options or 'them'}"
    if not tasks:
        yield "task", "there is none; add one, for example +task@task.label=classification"
    yield from list(_split(config["data"])) or without_validation(config)
    yield from _names("encoder", encoders)
    yield from _names("task", tasks)
    for name, node in tasks.items():
        taken = facts_of({**node, "metrics": {}}, f"task.{name}") or {}
        yield from _names(f"task.{name}.metrics", node.get("metrics") or {}, (*taken, "loss", "labels", "rows"))
    yield from _modalities(encoders, modalities)
    yield from _transforms(modalities)
    yield from _fusion("fusion", config["fusion"], encoders)
    yield from _gradients(config)
    yield from interval_problems(config)
    if config["trainer"]["strategy"] == "fsdp":
        if config["compile"]["enabled"]:
            yield "compile.enabled", "a compiled model cannot be sharded; use trainer.strategy=ddp, or do not compile"
        if config["trainer"]["precision"] == "16-mixed":
            scaling = "16-mixed needs loss scaling, which trainer.strategy=fsdp has not"
            yield "trainer.precision", f"{scaling}; use trainer.precision=bf16-mixed"
    if config["modality"]["placeholders"] and fact(config["fusion"], "fusion", "level") == "decision":
        unused = f"{config['fusion']['_target_']} leaves absent modalities out of the vote, so placeholders would never"
        other = f"one of fusion={those_with('fusion', 'level', 'feature')}"
        yield "modality.placeholders", f"{unused} be used; use modality=dropout, or {other}"
    yield from _known("fusion.weights", config["fusion"].get("weights"), encoders, "modality")
    yield from _known("modality.dropout", config["modality"]["dropout"], encoders, "modality")
    yield from _known("loss_weighting.weights", config["loss_weighting"].get("weights"), tasks, "task")
    yield from _metrics("callbacks.monitor.metric", config["callbacks"]["monitor"]["metric"], tasks)
    yield from _metrics("scheduler.monitor", config["scheduler"].get("monitor"), tasks)


def _split(data: Mapping[str, Any]) -> Iterator[Problem]:
    if data["_target_"] == MANIFEST and "split" in data:
        try:
            check_split(data["split"])
        except ConfigError as error:
            key, _, why = str(error).partition(": ")
            yield key, why


def _names(section: str, names: Iterable[str], taken: Iterable[str] = ()) -> Iterator[Problem]:
    """Names end up in metrics (`test[a+b]/task/metric`) and as parts of a torch module, and must fit there."""
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", str(name)):
            yield f"{section}.{name}", "a name is made of ASCII letters, digits, _ and -"
        elif name in taken:
            yield f"{section}.{name}", "this name is taken; choose another"
        elif name in config_schema()["x-reserved"]:
            own = " and set column to the data's" if section == "task" else ", in data.modalities too"
            yield f"{section}.{name}", f"this name is taken by torch; choose another, for example {name}_{own}"


def _modalities(encoders: Mapping[str, Any], modalities: Mapping[str, Any]) -> Iterator[Problem]:
    for name, node in encoders.items():
        key = f"encoder.{name}"
        if name not in modalities:
            yield key, f"the data has no modality {name!r}; {suggest(name, modalities)}"
            continue
        reads, kinds = fact(node, key, "kind"), kind_lineage(modalities[name], f"data.modalities.{name}")
        if isinstance(reads, str) and reads not in kinds:
            mismatch = f"{node['_target_']} reads {reads}, but data.modalities.{name} is {kinds[0]}"
            yield key, f"{mismatch}; what reads {kinds[0]}: {those_with('encoder', 'kind', kinds[0])}"


def _transforms(modalities: Mapping[str, Any]) -> Iterator[Problem]:
    for name, node in modalities.items():
        kinds = kind_lineage(node, f"data.modalities.{name}")
        for stage, transforms in (node.get("transforms") or {}).items():
            for index, transform in enumerate(transforms or ()):
                key = f"data.modalities.{name}.transforms.{stage}[{index}]"
                takes = fact(transform, key, "kinds")
                if takes and not set(takes) & set(kinds):
                    why = f"{transform['_target_']} works on {', '.join(takes)}, and modality {name!r} is {kinds[0]}"
                    yield key, f"{why}; torchvision.transforms.v2 works on images, torchaudio.transforms on sounds"


def _fusion(key: str, node: Mapping[str, Any], encoders: Mapping[str, Any]) -> Iterator[Problem]:
    """Problems of a fusion and of those among its arguments."""
    fusion, limit, count = node["_target_"], fact(node, key, "max_modalities"), len(encoders)
    without = [name for name, encoder in encoders.items() if fact(encoder, f"encoder.{name}", "gives_tokens") is False]
    if without and fact(node, key, "needs_tokens") is True:
        yield key, without_tokens(fusion, without)
    if isinstance(limit, int) and count > limit:
        why = f"{fusion} takes up to {limit} modalities, found {count} ({', '.join(encoders)})"
        wider = those_with("fusion", "max_modalities", None)
        yield key, f"{why}. Take {count - limit} out (~encoder.<name>), or use one of {wider}"
    for name, value in node.items():
        if isinstance(value, Mapping) and "_target_" in value:
            yield from _fusion(f"{key}.{name}", value, encoders)


def without_tokens(fusion: str, modalities: Sequence[str]) -> str:
    """What is wrong where a fusion works on tokens and the encoders of these modalities give none."""
    return (
        f"{fusion} works on tokens, and the encoder of {', '.join(modalities)} gives a single vector. "
        f"Encoders that give tokens: {those_with('encoder', 'gives_tokens', True)}. "
        f"Fusions of vectors: {those_with('fusion', 'needs_tokens', False)}"
    )


def _gradients(config: Mapping[str, Any]) -> Iterator[Problem]:
    """What takes the tasks' gradients, in the loss weighting's name or for the log alone."""
    where, mode = config["gradients_of"], config["compile"]["mode"]
    logged = config["report"]["gradients_every_n_steps"] > 0
    if not logged and fact(config["loss_weighting"], "loss_weighting", "needs_gramian") is not True:
        return
    if config["trainer"]["strategy"] == "fsdp" and where != "representation":
        why = f"{where} needs whole parameters on every rank, and trainer.strategy=fsdp shards them"
        yield "gradients_of", f"{why}; use gradients_of=representation, or trainer.strategy=ddp"
    if config["compile"]["enabled"] and mode in CUDA_GRAPHS:
        user = "report.gradients_every_n_steps" if logged else config["loss_weighting"]["_target_"]
        why = f"{mode} replays CUDA graphs, which cannot be walked once per task as {user} needs"
        yield "compile.mode", f"{why}; use compile.mode=default or max-autotune-no-cudagraphs"


def _known(key: str, node: Any, names: Iterable[str], what: str) -> Iterator[Problem]:
    """Keys of a mapping that speak of modalities or tasks which are not there."""
    for name in node if isinstance(node, Mapping) else ():
        if name not in names:
            yield f"{key}.{name}", f"there is no {what} {name!r}; {suggest(str(name), names)}"


def _metrics(key: str, metric: Any, tasks: Mapping[str, Any]) -> Iterator[Problem]:
    """Validation metrics, `val/<task>/<metric>`, of no task here, or that its task does not have."""
    for name in metric if isinstance(metric, Mapping) else [metric]:
        parts = str(name).split("/")
        if len(parts) != 3:
            continue
        split, task, last = parts
        if task not in tasks:
            yield key, f"{name} is of no task here; {suggest(task, tasks)}"
            continue
        known = facts_of(tasks[task], f"task.{task}")
        if split == "val" and known and last not in (*known, "loss"):
            yield key, f"there is no {name!r}; {suggest(name, [f'val/{task}/{other}' for other in (*known, 'loss')])}"
