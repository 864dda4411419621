from __future__ import annotations

import logging

import pytest
import torch

from mmfusion.training.evaluation import Scores
from mmfusion.training.subsets import SubsetTest, choose_subsets
from tests.training import small

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("which", "names"),
    [("all", ["a", "b", "c", "ab", "ac", "bc", "abc"]), ("leave_one_out", ["ab", "ac", "bc", "abc"]), ("none", [])],
)
def test_small_ones_come_first(which, names):
    assert choose_subsets("abc", which) == [tuple(name) for name in names]
    assert choose_subsets("a", which) == [("a",)] * bool(names)


@pytest.mark.parametrize("count", [5, 6])
def test_many_modalities_are_tried_one_by_one_and_the_log_says_so(count, caplog):
    names = [f"m{i}" for i in range(count)]
    logger = logging.getLogger("pytorch_lightning.utilities.rank_zero")
    logger.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.INFO, logger.name):
            subsets = choose_subsets(names, "all")
    finally:
        logger.removeHandler(caplog.handler)
    assert len(subsets) == len(set(subsets)) == (31 if count == 5 else 6 + 6 + 1)
    assert subsets[-1] == tuple(names)
    assert ("63 subsets" in caplog.text) == (count == 6)


def with_holes(rows: int):
    batch = small.make_batch(rows, media=True)
    first, second = list(batch.present)[:2]
    batch.present[first][:2] = False
    batch.present[second][2:5] = False
    batch.labelled["kind"][3] = False
    return batch


def test_each_subset_is_the_model_with_nothing_else_present_and_encoders_run_once():
    model, batch, calls = small.make_model(media=True).eval(), with_holes(7), []
    hooks = [
        encoder.register_forward_hook(lambda *_, name=name: calls.append(name))
        for name, encoder in model.encoders.items()
    ]
    tester = SubsetTest(model, small.make_tasks(), choose_subsets(list(model.encoders), "all"), CPU)
    tester.update(batch)
    values = tester.compute()
    assert calls == ["image", "text", "speech"]
    for hook in hooks:
        hook.remove()

    names = ["image", "text", "speech", "image+text", "image+speech", "text+speech", "image+text+speech"]
    assert {key.split("]")[0][5:] for key in values if key.startswith("test[")} == set(names)
    for name in names:
        shown = {m: has if m in name.split("+") else torch.zeros_like(has) for m, has in batch.present.items()}
        keep = torch.stack(list(shown.values())).any(0)
        with torch.no_grad():
            outputs = model.decide(model.represent(batch.inputs, shown), shown)
        scores = Scores(small.make_tasks(), CPU)
        cut = [{k: x[keep] for k, x in part.items()} for part in (outputs, batch.targets, batch.labelled)]
        scores.update(*cut, int(keep.sum()))
        for key, value in scores.compute().items():
            torch.testing.assert_close(values[f"test[{name}]/{key}"], value, equal_nan=True)
    assert (values["test[image]/rows"], values["test[text]/rows"], values["test/rows"]) == (5, 4, 7)
    for key in [key for key in values if key.startswith("test/")]:
        whole = key.replace("test/", "test[image+text+speech]/")
        torch.testing.assert_close(values[key], values[whole], equal_nan=True)


@pytest.mark.parametrize("fusion", ["concat", "decision", "hybrid"])
def test_a_subset_that_no_row_has_is_reported_as_zero_rows(fusion):
    model, batch = small.make_model(fusion).eval(), small.make_batch(3)
    batch.present["a"][:] = False
    tester = SubsetTest(model, small.make_tasks(), choose_subsets(["a", "b"], "all"), CPU)
    tester.update(batch)
    values = tester.compute()
    assert [key for key in values if key.startswith("test[a]/") and values[key] != 0] == []
    assert values["test[b]/rows"] == values["test[a+b]/rows"] == 3
    torch.testing.assert_close(values["test[b]/loss"], values["test/loss"])
