"""Two gloo processes with half of each batch against one process with all of it."""

from __future__ import annotations

import pytest
import torch

from mmfusion.training.gradients import PLACES
from tests.helpers import pairwise
from tests.helpers.forks import finish, log, start_ranks
from tests.training import ddp_worker, small

CASES = ddp_worker.cases(pairwise.full)

pytestmark = pytest.mark.xdist_group("forks")  # one worker for all: the processes are started once


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> list[dict]:
    """What the one process saw, then each of the two."""
    out = tmp_path_factory.mktemp("ddp")
    threads = torch.get_num_threads()
    ranks = start_ranks(ddp_worker.main, [(out, rank, 2, pairwise.full) for rank in range(2)], out)
    try:
        ddp_worker.main(out, 0, 1, pairwise.full)
    finally:
        torch.set_num_threads(threads)
        assert finish(ranks) == [0, 0], "".join(log(out, rank)[-5000:] for rank in range(2))
    return [torch.load(out / name, weights_only=True) for name in ("1-0.pt", "2-0.pt", "2-1.pt")]


@pytest.mark.parametrize("case", CASES)
def test_two_ranks_with_half_the_rows_train_as_one_process_with_all(results, case):
    one, first, second = (seen[case] for seen in results)
    assert one.keys() == first.keys() == second.keys()
    for name, expected in one.items():
        assert torch.equal(first[name].nan_to_num(), second[name].nan_to_num()), f"ranks differ in {name}"
        torch.testing.assert_close(
            first[name], expected, rtol=1e-4, atol=1e-6, equal_nan=True, msg=lambda m, n=name: f"{n}: {m}"
        )
    assert one["losses"].shape == (ddp_worker.STEPS * ddp_worker.epochs(CASES[case]), 3)


def test_the_cases_are_what_they_claim_to_be(results):
    names = {path.stem for path in small.WEIGHTINGS.glob("*.yaml")}
    assert names <= {case.partition("/")[0] for case in CASES}
    one = {case.partition("/")[0]: records for case, records in results[0].items()}
    assert one["equal"]["active"][3].tolist() == [True, True, False]
    assert one["equal"]["labels"][1].tolist() == [5, 4, 7]
    assert one["static"]["weights"][0].tolist() == list(small.STATIC.values())
    for name in ("dwa", "gradnorm", "uncertainty"):
        weights = one[name]["weights"]
        assert (weights[-1] - weights[0]).abs().max() > 0.01, f"{name} never moved"
    at = [results[0][f"gradnorm/{place}"]["gradient_norms"] for place in PLACES]
    assert not torch.allclose(at[0], at[1])
    assert not torch.allclose(at[1], at[2])
    for name in ("equal", "media"):
        untrained = small.make_model(media=name == "media").state_dict()
        weights = [(value, one[name][f"model.{key}"]) for key, value in untrained.items() if "weight" in key]
        assert not any(torch.equal(before, after) for before, after in weights)


def test_scores_are_over_all_ranks(results):
    one, first, second = (seen["scores"] for seen in results)
    assert one.keys() == first.keys() == second.keys()
    for name, expected in one.items():
        torch.testing.assert_close(
            first[name], expected, rtol=1e-4, atol=1e-6, equal_nan=True, msg=lambda m, n=name: f"{n}: {m}"
        )
        torch.testing.assert_close(second[name], first[name], rtol=0, atol=0, equal_nan=True)
    assert one["test[a]/rows"] == 5
    assert one["test[a+b]/rows"] == one["test/rows"] == 8
    assert one["test/kind/labels"] == 2
    assert "test/kind/area" in one


def test_all_ranks_stop_before_the_step_and_name_the_row_that_one_of_them_has(results):
    one, first, second = (dict(seen["broken"]) for seen in results)
    # Row 5 of that batch has no label of `kind`.
    assert one["message"].startswith("the loss of 'sick', 'age' is not finite at step 2, for 1 of 8 rows: 5;")
    assert first["message"] == second["message"] == one["message"]
    assert first.pop("steps") == second.pop("steps") == one.pop("steps") == 2
    for name in one.keys() - {"message"}:
        assert one[name].isfinite().all(), name
        torch.testing.assert_close(first[name], one[name], rtol=1e-4, atol=1e-6)


# ---- FSDP, in the same processes


@pytest.mark.parametrize("case", ddp_worker.SHARDED)
def test_two_ranks_that_share_the_parameters_train_as_one_that_has_them(results, case):
    one, first, second = (dict(seen[case]) for seen in results)
    whole, parts_held = one.pop("held"), [seen.pop("held") for seen in (first, second)]
    assert sum(parts_held) == whole
    assert max(parts_held) < 0.75 * whole
    assert one.keys() == first.keys() == second.keys()
    near = {"rtol": 0.05, "atol": 0.02} if case == "fsdp/bf16" else {"rtol": 1e-4, "atol": 1e-5}
    for name, expected in one.items():
        explain = f"{case} {name}: {{}}".format
        torch.testing.assert_close(first[name], expected, **near, equal_nan=True, msg=explain)
    assert one["test/rows"] == 40
