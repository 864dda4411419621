"""Every fusion of conf/fusion, with its defaults and variants, passes the same checks; a new YAML joins by itself.

So does CONTRIBUTING's example, written to its places as the page says.
"""

import runpy
import sys
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

import mmfusion.fusion
from mmfusion.batch import Encoded
from mmfusion.config.instantiate import instantiate
from mmfusion.fusion._base import JOINT
from tests.fusion.inputs import DIMS, OUTPUTS, ROWS, SUBSETS, Predictor, encoded, every_subset, only, spoil
from tests.helpers import pages, pairwise, properties

CONF = Path(__file__).parents[2] / "conf"
VARIANTS = {
    "concat": [["align=false", "activation=gelu"]],
    "sum": [["reduce=sum", "activation=none"]],
    "gated": [["normalise=true"]],
    "decision": [["weighting=learned"], ["weights={image: 1, text: 0.1, speech: 7}"]],
    "hybrid": [["weighting=learned", "joint_weight=2"], ["/fusion@feature=gated"], ["/fusion@feature=sum"]],
}
NAMES = sorted(path.stem for path in (CONF / "fusion").glob("*.yaml"))
EXAMPLE = "maximum"
NAN = float("nan")
CASES = [(name, tuple(changes)) for name in NAMES for changes in [[], *VARIANTS.get(name, [])]] + [(EXAMPLE, ())]


def node(name: str, changes: tuple[str, ...] = (), conf: Path = CONF) -> dict:
    """The YAML's content as the run would get it, made narrow."""
    # `/fusion@feature=x` picks a nested fusion, the others set an option.
    overrides = [
        f"fusion@fusion.feature={change.split('=')[1]}" if change.startswith("/") else f"fusion.{change}"
        for change in changes
    ]
    with initialize_config_dir(str(conf), version_base="1.3"):
        config = compose(overrides=[f"+fusion={name}", *overrides])
    plain = OmegaConf.to_container(config.fusion)
    for each in (plain, plain.get("feature", {})):
        if "dim" in each:
            # Wide enough that each modality is the largest somewhere.
            each["dim"] = 32
    return plain


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """A folder with the example's files, its module found as if it lay in `mmfusion/fusion`."""
    folder = tmp_path_factory.mktemp("example")
    for path in (f"mmfusion/fusion/{EXAMPLE}.py", f"conf/fusion/{EXAMPLE}.yaml", f"tests/fusion/test_{EXAMPLE}.py"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(pages.example(path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mmfusion.fusion, "__path__", [*mmfusion.fusion.__path__, str(folder / "mmfusion" / "fusion")])
        yield folder
    sys.modules.pop(f"mmfusion.fusion.{EXAMPLE}", None)


def case_id(case: tuple[str, tuple[str, ...]]) -> str:
    return "-".join([case[0], *case[1]])


@pytest.fixture(scope="module", params=CASES, ids=case_id)
def make(request, example):
    """Builds the case's fusion with heads, always with the same parameters."""
    built = node(*request.param, example / "conf" if request.param[0] == EXAMPLE else CONF)

    def build() -> Predictor:
        return Predictor(instantiate(built, dims=DIMS))

    return build


def seeded(make) -> Predictor:
    torch.manual_seed(0)
    return make().eval()


def test_streams_have_the_widths_they_declare(make):
    model = seeded(make)
    output = model(encoded(), every_subset())
    assert {name: x.shape for name, x in output.items()} == {
        **{name: (ROWS, width) for name, width in model.fusion.streams.items()},
        "prediction": (ROWS, OUTPUTS),
    }
    streams = {"feature": {JOINT}, "decision": set(DIMS), "hybrid": {JOINT, *DIMS}}[model.fusion.level]
    assert set(model.fusion.streams) == streams


@pytest.mark.parametrize(("value", "training"), [(NAN, False), (float("inf"), True), (1e38, False), (1.0, True)])
def test_what_an_absent_modality_holds_changes_no_bit_of_output_or_gradient(make, value, training):
    present = every_subset()
    results = []
    for inputs in (encoded(), spoil(encoded(), present, value)):
        model = seeded(make).train(training)
        leaves = properties.map_tensors(lambda x: x.requires_grad_() if x.is_floating_point() else x, inputs)
        output = model(leaves, present)
        properties.weighted_sum(output).backward()
        into = {name: leaves[name].pooled.grad[present[name]] for name in DIMS if leaves[name].pooled.grad is not None}
        assert all(x.isfinite().all() for x in output.values())
        results.append([output, into, [p.grad for p in model.parameters() if p.grad is not None]])
    properties.assert_same(results[1], results[0], what="with other contents of absent rows")
    assert all(x.isfinite().all() for x in properties.tensors(results))


def test_every_subset_alone_is_finite_and_each_of_its_modalities_counts(make):
    inputs, other = encoded(), encoded(seed=1)
    for subset in SUBSETS:
        present = only(subset)
        model = seeded(make).train()
        output = model(spoil(inputs, present, NAN), present)
        assert all(x.isfinite().all() for x in output.values())
        assert output["prediction"].std() > 0
        properties.weighted_sum(output).backward()
        assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)
        model.eval()
        for name in subset:
            changed = model({**inputs, name: other[name]}, present)["prediction"] - model(inputs, present)["prediction"]
            assert (changed.abs().amax(1) > 0).all(), f"{name} has no effect"


def test_a_row_without_any_modality_is_finite(make):
    absent = only(())
    output = seeded(make)(spoil(encoded(), absent, NAN), absent)
    assert all(x.isfinite().all() for x in output.values())


def test_a_row_does_not_see_its_neighbours(make):
    model, present = seeded(make), every_subset()
    whole = model(encoded(), present)
    half = properties.map_tensors(lambda x: x[: ROWS // 2], (encoded(), present))
    properties.assert_same(model(*half), {k: x[: ROWS // 2] for k, x in whole.items()}, atol=1e-6, rtol=1e-5)


def test_the_last_layer_is_among_the_parameters_and_trained_by_the_streams(make):
    model = seeded(make)
    last = model.fusion.last_layer()
    own = {id(p) for p in model.fusion.parameters()}
    assert len({id(p) for p in last}) == len(last)
    assert all(id(p) in own for p in last)
    assert bool(last) == (model.fusion.level != "decision")
    if last:
        streams = model.fusion(encoded(), only(SUBSETS[-1]))
        gradients = torch.autograd.grad(properties.weighted_sum(streams), last)
        assert all(g.any() for g in gradients)


def test_shared_properties(make):
    arguments = encoded(), only(SUBSETS[-1])
    properties.check_gradients(make, *arguments)
    properties.check_seed(make, *arguments)
    with_holes = encoded(), every_subset()
    properties.check_eval(make, *with_holes)
    properties.check_batch_order(make, *with_holes)
    properties.check_precisions(make, *with_holes)


@pytest.mark.parametrize("make", [case for case in CASES if pairwise.full or not case[1]], indirect=True, ids=case_id)
def test_compiles_whole(make):
    properties.check_compile(make, encoded(), every_subset())


def test_training_never_waits_for_an_accelerator(make):
    """Tensors of the meta device have shapes and no values, and what reads one fails."""
    inputs = properties.map_tensors(lambda x: x.to("meta"), (encoded(), every_subset()))
    output = seeded(make).to("meta").train()(*inputs)
    assert {x.device.type for x in output.values()} == {"meta"}


def test_one_modality_is_enough(make):
    image = {"image": Encoded.from_pooled(torch.randn(4, 6))}
    build = type(seeded(make).fusion)
    model = build(dims={"image": 6}, **({"feature": node("concat")} if "hybrid" in build.__module__ else {}))
    assert all(x.isfinite().all() for x in model(image, {"image": torch.ones(4, dtype=torch.bool)}).values())


def test_the_examples_own_test(example):
    run = runpy.run_path(str(example / "tests" / "fusion" / f"test_{EXAMPLE}.py"))
    tests = [run[name] for name in run if name.startswith("test_")]
    assert len(tests) == 1
    tests[0]()
