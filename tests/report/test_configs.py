"""Which keys tell runs apart: all that must be told, and nothing that follows."""

import random

from mmfusion.report.configs import ABSENT, differing, flat, settings, token
from tests.report.memory_runs import make_run


def test_flat():
    assert flat({"a": {"b": {"c": 1}, "d": [1, 2], "e": {}}, "f": None}) == {"a.b.c": 1, "a.d": [1, 2], "f": None}


def test_token():
    assert token(1) == token(1.0)
    assert token(True) != token(1)
    assert token(None) != token(ABSENT) != token("None")
    assert token([1, {"a": 2.0}]) == token((1.0, {"a": 2}))
    assert token([1]) != token(1)
    assert token({"b": 1, "a": [2]}) == token({"a": [2], "b": 1})


def test_settings_name_components_by_their_option_and_a_run_without_config_has_none():
    found, none = settings([make_run("a", settings={"fusion": "gated"}), make_run("b", config={})])
    expected = {"fusion": "gated", "optimizer": "adamw", "modalities": "image+speech+text", "tasks": "largest+sum"}
    assert {**found, **expected, "optimizer.lr": 0.001} == found
    assert not any(key.endswith("_target_") for key in found)
    assert none == {}
    assert differing([make_run("a", config={}), make_run("b")]) == []


def test_what_comes_with_an_option_is_not_told():
    runs = [
        make_run(f"{f}{w}{s}", settings={"fusion": f, "loss_weighting": w}, seed=s)
        for f in ("concat", "gated", "sum")  # sum has another dim, gated a key of its own
        for w in ("equal", "gradnorm")
        for s in (0, 1)
    ]
    assert differing(runs) == ["fusion", "loss_weighting"]


def test_what_was_typed_is_told_even_if_it_follows_and_other_things_only_if_they_do_not():
    sum_ = make_run("b", settings={"fusion": "sum"}, overrides=[])
    assert differing([make_run("a", overrides=[]), sum_]) == ["fusion"]
    typed = make_run("a", settings={"fusion": "concat", "fusion.dim": 64})
    assert differing([typed, sum_]) == ["fusion", "fusion.dim"]
    rates = [make_run(str(n), settings={"optimizer.lr": rate}) for n, rate in enumerate((0.1, 0.01, 0.01))]
    assert differing(rates) == ["optimizer.lr"]


def test_seed_paths_logger_and_tags_are_no_settings():
    a, b = make_run("a", seed=1), make_run("b", seed=2)
    a.config["data"]["seed"], b.config["data"]["seed"] = 1, 2  # goes with the seed
    b.config.update({"tags": ["x"], "logger": {}, "paths": {"run": "elsewhere"}, "report": {"plots": False}})
    assert differing([a, b]) == []
    b.config["data"]["seed"] = 5
    assert differing([a, b]) == ["data.seed"]


def test_modalities_and_tasks_stand_for_their_parts():
    subsets = [[], ["encoder.image"], ["encoder.text"], ["encoder.image", "encoder.text"]]
    assert differing([make_run(str(n), without=gone) for n, gone in enumerate(subsets)]) == ["modalities"]
    alone = [make_run("both"), make_run("sum", without=["task.largest"]), make_run("largest", without=["task.sum"])]
    assert differing(alone) == ["tasks"]
    assert [row["tasks"] for row in settings(alone)] == ["largest+sum", "sum", "largest"]
    runs = [make_run("a"), make_run("b", without=["encoder.text"]), make_run("c", typed=["encoder/image=resnet"])]
    runs[2].config["encoder"]["image"] = {"_target_": "mmfusion.encoders.resnet.ResNet", "depth": 18}
    assert differing(runs) == ["modalities", "encoder.image"]


def test_an_option_of_a_group_without_section_stands_for_what_it_brings():
    runs = [make_run(f"{e}{s}", typed=[f"experiment={e}"], seed=s) for e in ("small", "large") for s in (0, 1)]
    for run in runs[2:]:
        run.config["trainer"]["max_epochs"] = 50
        run.config["optimizer"]["lr"] = 0.1
    assert differing(runs) == ["experiment"]
    assert settings(runs)[0]["experiment"] == "small"
    runs[3].overrides.remove("experiment=large")  # not every run says it: then what it brought does
    assert differing(runs) == ["optimizer.lr"]  # and trainer.max_epochs, which splits the runs the same way


def test_numbers_are_compared_as_numbers_and_null_is_not_absence():
    assert differing([make_run("a", settings={"optimizer.lr": 1}), make_run("b", settings={"optimizer.lr": 1.0})]) == []
    assert differing([make_run("a", settings={"fusion.align": True}), make_run("b", settings={"fusion.align": 1})])
    a, b = make_run("a"), make_run("b")
    a.config["trainer"]["threads"] = None
    assert differing([a, b]) == ["trainer.threads"]


def test_a_name_is_told_only_if_nothing_else_tells():
    fused = [make_run("a", settings={"fusion": "concat"}), make_run("b", settings={"fusion": "gated"})]
    fused[1].config["name"] = "other"
    assert differing(fused) == ["fusion"]
    named = [make_run("a"), make_run("b")]
    named[1].config["name"] = "other"
    assert differing(named) == ["name"]
    by_seed = [make_run("a", seed=0), make_run("b", seed=1)]
    by_seed[1].config["name"] = "other"
    assert differing(by_seed) == []


def test_the_order_of_runs_does_not_matter():
    runs = [
        make_run(f"{f}{lr}{w}", settings={"fusion": f, "optimizer.lr": lr}, without=w)
        for f in ("concat", "sum")
        for lr in (0.1, 0.2)
        for w in ([], ["encoder.text"])
    ]
    found = differing(runs)
    assert found == ["modalities", "fusion", "optimizer.lr"]
    for seed in range(5):
        shuffled = random.Random(seed).sample(runs, len(runs))
        assert differing(shuffled) == found
