"""`mmfusion train` as a file, for launchers that start one themselves.

torchrun --nproc-per-node 2 scripts/train.py trainer=ddp fusion=gated
srun python scripts/train.py trainer=ddp trainer.devices=4 trainer.num_nodes=2
"""

import sys

from mmfusion.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
