"""Parameters, gradients and optimizer state divided among ranks (PyTorch's FSDP2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytorch_lightning.strategies import ModelParallelStrategy
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method
from torch.utils import _pytree as pytree

from mmfusion.batch import Encoded

if TYPE_CHECKING:
    from mmfusion.training.module import MultiTaskModule

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


def shard(module: MultiTaskModule, mesh: DeviceMesh) -> None:
    """Make each encoder a unit that is gathered when it runs; all else is one unit, gathered for the whole step.

    Gradients at the representation stop at the fused streams, behind the encoders, and pass only through what stays
    gathered, so a weighting may take them there.

    Paper: PyTorch FSDP, arXiv 2304.11277.

    Args:
        module: changed in place.
        mesh: the ranks that share the parameters.

    Raises:
        ValueError: gradients are to be taken at parameters, of which a rank holds a part; or the model is compiled.
    """
    if module.keeps_graph and module.gradients_of != "representation":
        raise ValueError(
            f"gradients_of={module.gradients_of}: with trainer=fsdp a rank holds only a part of each parameter; use "
            "gradients_of=representation, or trainer=ddp"
        )
    if "represent" in vars(module.model):
        raise ValueError("compile.enabled: a compiled model cannot be sharded here; use trainer=ddp, or do not compile")
    if Encoded not in pytree.SUPPORTED_NODES:
        # FSDP looks for tensors in what an encoder returns, to gather its parameters again for the backward pass.
        pytree.register_dataclass(Encoded)
    for parameter in module.parameters():
        parameter.data = parameter.data.contiguous()  # FSDP cannot cut a convolution's channels-last weights
    for encoder in module.model.encoders.values():
        fully_shard(encoder, mesh=mesh)
    fully_shard(module, mesh=mesh)
    for step in STEPS:
        register_fsdp_forward_method(module, step)
