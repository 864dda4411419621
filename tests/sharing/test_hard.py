import torch
import yaml

from mmfusion.config.instantiate import instantiate
from mmfusion.sharing.hard import Hard
from tests.helpers.properties import check_all

STREAMS = {"joint": 4, "image": 3}


def test_every_task_gets_every_stream_as_it_is():
    sharing = Hard(STREAMS, ["a", "b"])
    streams = {name: torch.randn(5, width) for name, width in STREAMS.items()}
    assert sharing.dims == {"a": STREAMS, "b": STREAMS}
    shared = sharing(streams)
    assert set(shared) == {"a", "b"}
    for task in shared:
        assert all(shared[task][name] is x for name, x in streams.items())


def test_properties_of_what_the_config_builds(repo):
    node = yaml.safe_load((repo / "conf/sharing/hard.yaml").read_text())
    streams = {name: torch.randn(5, width, requires_grad=True) for name, width in STREAMS.items()}
    check_all(lambda: instantiate(node, streams=STREAMS, tasks=["a", "b"]), streams, parameters=0)
