from types import SimpleNamespace

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.sweeps import job_slots
from mmfusion.sweeps.job_slots import Slots, visible_gpus

GPU = {"accelerator": "gpu"}


@pytest.mark.parametrize(
    ("trainer", "needed"),
    [
        ({"accelerator": "cpu", "devices": 4}, 0),
        (GPU, 1),
        ({"accelerator": "auto", "devices": 2}, 2),
        ({"accelerator": "cuda", "devices": "2"}, 2),
        (GPU | {"devices": -1}, 4),
        (GPU | {"devices": "auto"}, 4),
    ],
)
def test_a_job_takes_as_many_as_its_trainer(trainer, needed):
    assert Slots(None, ["0", "1", "2", "3"]).needs(trainer) == needed


def test_what_is_asked_outright_counts():
    assert Slots(2, ["0", "1"], per_job=2).needs({"accelerator": "cpu"}) == 2
    assert Slots(2, ["0", "1"], per_job=0).needs(GPU) == 0
    assert Slots(2, []).needs(GPU) == 0, "the run itself says that there is no GPU"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Slots(1, ["0"]).needs(GPU | {"devices": 2}), r"a job needs 2 GPUs and there are 1"),
        (lambda: Slots(1, [], per_job=1).needs({}), r"a job needs 1 GPUs and there are 0"),
        (
            lambda: Slots(1, ["0", "1"]).needs(GPU | {"devices": [0, 1]}),
            r"trainer.devices=\[0, 1\] names.*devices=2",
        ),
    ],
)
def test_what_cannot_be(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


def test_how_many_at_a_time(monkeypatch):
    monkeypatch.setattr(job_slots, "usable_cores", lambda: 6)
    assert Slots(None, []).jobs == 3
    assert Slots(None, ["0", "1"]).jobs == 2
    assert Slots(None, ["0", "1"], per_job=0).jobs == 3, "no GPU is used"
    assert Slots(5, ["0"]).jobs == 5


def test_given_back_in_the_order_of_the_machine():
    names = [str(n) for n in range(11)]
    slots = Slots(11, names)
    for job in range(11):
        assert slots.take(job, 1) == [names[job]]
    assert not slots.has_slot(0)
    for job in (10, 2, 0):
        slots.give_back(job)
    assert slots.take(20, 3) == ["0", "2", "10"]


def test_which_gpus_there_are(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3, 1")
    assert visible_gpus() == ["3", "1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert visible_gpus() == []
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    listed = "GPU 0: NVIDIA H100 (UUID: GPU-1)\n  MIG 1g (UUID: MIG-1)\nGPU 1: NVIDIA H100 (UUID: GPU-2)\n"
    monkeypatch.setattr(job_slots.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=listed))
    assert visible_gpus() == ["0", "1"]
