"""Parts of a config that are right one by one and do not go together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mmfusion.config.errors import ConfigError, suggest
from mmfusion.config.mismatches import Problem
from mmfusion.config.names import MANIFEST, RESERVED
from mmfusion.config.schema import fact, kinds_of, those_with
from mmfusion.config.split import check_split
from mmfusion.config.task_metrics import facts_of
from mmfusion.config.validation import without_validation
from mmfusion.config.validation_interval import interval_problems

CUDA_GRAPHS = ("reduce-overhead", "max-autotune")
"""Modes of `torch.compile` that replay one walk through the graph."""


def impossible(config: Mapping[str, Any]) -> Iterator[Problem]:
    """Each combination in a config whose keys and types are right that cannot work, with what would."""
    encoders, tasks = config["encoder"], config["task"]
    modalities = config["data"].get("modalities") or {}
    if not encoders:
        kinds = {name: kinds_of(node, f"data.modalities.{name}")[0] for name, node in modalities.items()}
        options = ", ".join(f"+encoder/{kind}@encoder.{name}=..." for name, kind in kinds.items())
        yield "encoder", f"there is none, so no modality is in use; add at least one of {options or 'them'}"
    if not tasks:
        yield "task", "there is none; add one, for example +task@task.label=classification"
    split = list(_split(config["data"]))
    yield from split or without_validation(config)
    yield from _names("encoder", encoders)
    yield from _names("task", tasks)
    for name, node in tasks.items():
        taken = facts_of({**node, "metrics": {}}, f"task.{name}") or {}
        yield from _names(f"task.{name}.metrics", node.get("metrics") or {}, (*taken, "loss", "labels", "rows"))
    yield from _modalities(encoders, modalities)
    yield from _transforms(modalities)
    for key, node in _with_nested("fusion", config["fusion"]):
        yield from _fusion(key, node, encoders)
    yield from _gradients(config)
    yield from interval_problems(config)
    yield from _sharded(config["trainer"], config["compile"])
    yield from _placeholders(config)
    yield from _known("fusion.weights", config["fusion"].get("weights"), encoders, "modality")
    yield from _known("modality.dropout", config["modality"]["dropout"], encoders, "modality")
    yield from _known("loss_weighting.weights", config["loss_weighting"].get("weights"), tasks, "task")
    monitor = config["callbacks"]["monitor"]["metric"]
    yield from _metrics("callbacks.monitor.metric", monitor, tasks)
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
        elif name in RESERVED:
            own = " and set column to the data's" if section == "task" else ", in data.modalities too"
            yield f"{section}.{name}", f"this name is taken by torch; choose another, for example {name}_{own}"


def _modalities(encoders: Mapping[str, Any], modalities: Mapping[str, Any]) -> Iterator[Problem]:
    for name, node in encoders.items():
        if name not in modalities:
            yield f"encoder.{name}", f"the data has no modality {name!r}; {suggest(name, modalities)}"
            continue
        reads, kinds = fact(node, f"encoder.{name}", "kind"), kinds_of(modalities[name], f"data.modalities.{name}")
        if isinstance(reads, str) and reads not in kinds:
            kind = kinds[0]
            others = those_with("encoder", "kind", kind)
            yield (
                f"encoder.{name}",
                f"{node['_target_']} reads {reads}, but data.modalities.{name} is {kind}; what reads {kind}: {others}",
            )


def _transforms(modalities: Mapping[str, Any]) -> Iterator[Problem]:
    for name, node in modalities.items():
        for stage, listed in (node.get("transforms") or {}).items():
            for index, each in enumerate(listed or ()):
                key = f"data.modalities.{name}.transforms.{stage}[{index}]"
                takes = fact(each, key, "kinds")
                kinds = kinds_of(node, f"data.modalities.{name}")
                if takes and not set(takes) & set(kinds):
                    yield (
                        key,
                        f"{each['_target_']} works on {', '.join(takes)}, and modality {name!r} is {kinds[0]}; "
                        "torchvision.transforms.v2 works on images, torchaudio.transforms on sounds",
                    )


def _fusion(key: str, node: Mapping[str, Any], encoders: Mapping[str, Any]) -> Iterator[Problem]:
    fusion = node["_target_"]
    if fact(node, key, "needs_tokens") is True:
        without = [name for name, each in encoders.items() if fact(each, f"encoder.{name}", "gives_tokens") is False]
        if without:
            yield key, without_tokens(fusion, without)
    limit = fact(node, key, "max_modalities")
    if isinstance(limit, int) and len(encoders) > limit:
        wider = those_with("fusion", "max_modalities", None)
        yield (
            key,
            f"{fusion} takes up to {limit} modalities, found {len(encoders)} ({', '.join(encoders)}). "
            f"Take {len(encoders) - limit} out (~encoder.<name>), or use one of {wider}",
        )


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


def _placeholders(config: Mapping[str, Any]) -> Iterator[Problem]:
    if config["modality"]["placeholders"] and fact(config["fusion"], "fusion", "level") == "decision":
        others = those_with("fusion", "level", "feature")
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


def _metrics(key: str, metric: Any, tasks: Mapping[str, Any]) -> Iterator[Problem]:
    """Validation metrics, `val/<task>/<metric>`, of no task here, or that its task does not have."""
    for name in metric if isinstance(metric, Mapping) else [metric]:
        parts = str(name).split("/")
        if len(parts) != 3:
            continue
        if parts[1] not in tasks:
            yield key, f"{name} is of no task here; {suggest(parts[1], tasks)}"
            continue
        there = facts_of(tasks[parts[1]], f"task.{parts[1]}")
        if parts[0] == "val" and there and parts[2] not in (*there, "loss"):
            yield key, f"there is no {name!r}; {suggest(name, [f'val/{parts[1]}/{each}' for each in (*there, 'loss')])}"


def _with_nested(key: str, node: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """A component and the components among its arguments."""
    yield key, node
    for name, value in node.items():
        if isinstance(value, Mapping) and "_target_" in value:
            yield from _with_nested(f"{key}.{name}", value)
