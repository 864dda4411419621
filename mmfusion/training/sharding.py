"""Parameters, gradients and optimizer state divided among ranks (PyTorch's FSDP2)."""

from __future__ import annotations

from pytorch_lightning import LightningModule
from pytorch_lightning.strategies import ModelParallelStrategy
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method
from torch.utils import _pytree as pytree

from mmfusion.batch import Encoded
from mmfusion.model import MultiTaskModel

STEPS = ("training_step", "validation_step", "test_step", "predict_step")


class FullySharded(ModelParallelStrategy):
    """Lightning's strategy around FSDP2, over all processes, on GPUs (nccl) or CPUs (gloo); one file a checkpoint.

    Lightning's `FSDPStrategy` is the older FSDP, which refuses CPUs. Precision fp32 or bf16-mixed: Lightning has no
    loss scaling here.
    """

    def setup_environment(self) -> None:
        self._data_parallel_size, self._tensor_parallel_size = self.num_nodes * self.num_processes, 1
        self._save_distributed_checkpoint = False
        super().setup_environment()


def shard(module: LightningModule, model: MultiTaskModel, mesh: DeviceMesh) -> None:
    """Make each encoder a unit that is gathered when it runs; all else is one unit, gathered for the whole step.

    Gradients at the representation stop at the fused streams, behind the encoders, and pass only through what stays
    gathered, so a weighting may take them there.

    Paper: PyTorch FSDP, arXiv 2304.11277.
    """
    assert "represent" not in vars(model), "config/combinations.py lets no compiled model through"
    if Encoded not in pytree.SUPPORTED_NODES:
        # FSDP looks for tensors in what an encoder returns, to gather its parameters again for the backward pass.
        pytree.register_dataclass(Encoded)
    for parameter in module.parameters():
        parameter.data = parameter.data.contiguous()  # FSDP cannot cut a convolution's channels-last weights
    for encoder in model.encoders.values():
        fully_shard(encoder, mesh=mesh)
    fully_shard(module, mesh=mesh)
    for step in STEPS:
        register_fsdp_forward_method(module, step)
