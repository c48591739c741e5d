"""Training steps of the Time-Series-Library's forecasters in PyTorch: one JSON line with the median step.

    python train_forecaster.py transformer --tsl PATH     2 + 1 layers, width 512, feed-forward 2048, 8 heads, label 48
    python train_forecaster.py itransformer --tsl PATH    2 layers, width 128, feed-forward 128, 8 heads

PATH is a checkout of the library. 32 windows of 7 channels, 96 hours of the past and 96 to come, dropout 0.1, the calendar
as scaled fields. A step is forward, mean squared error, backward and Adam as the library trains: no clipping.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace

import torch

SIZES = {
    "transformer": {"d_model": 512, "d_ff": 2048, "e_layers": 2, "d_layers": 1},
    "itransformer": {"d_model": 128, "d_ff": 128, "e_layers": 2, "d_layers": 1},
}
BATCH, CONTEXT, HORIZON, LABEL, CHANNELS, FIELDS = 32, 96, 96, 48, 7, 4


def stand_empty(modules):
    """Modules, with their members, that the library imports for other purposes and that are not needed."""
    for module, members in modules.items():
        sys.modules[module] = ModuleType(module)
        for member in members:
            setattr(sys.modules[module], member, None)


def library(path, name):
    """A model of the library."""
    stand_empty({"reformer_pytorch": ["LSHSelfAttention"], "einops": ["rearrange", "repeat"]})
    sys.path.insert(0, str(path))
    if name == "transformer":
        from models import Transformer as module
    else:
        from models import iTransformer as module
    common = {"task_name": "long_term_forecast", "seq_len": CONTEXT, "label_len": LABEL, "pred_len": HORIZON}
    common |= {"enc_in": CHANNELS, "dec_in": CHANNELS, "c_out": CHANNELS, "embed": "timeF", "freq": "h", "factor": 3}
    common |= {"n_heads": 8, "dropout": 0.1, "activation": "gelu"}
    return module.Model(SimpleNamespace(**common, **SIZES[name]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=SIZES)
    parser.add_argument("--tsl", type=Path, required=True, help="a checkout of the Time-Series-Library")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--warmup-steps", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    model = library(a.tsl, a.model).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, fused=True)
    seconds = []
    for _ in range(a.warmup_steps + a.steps):
        start = time.perf_counter()
        values = torch.randn(BATCH, CONTEXT + HORIZON, CHANNELS)
        marks = torch.rand(BATCH, CONTEXT + HORIZON, FIELDS) - 0.5
        past, truth = values[:, :CONTEXT], values[:, CONTEXT:]
        decoder = torch.cat([past[:, CONTEXT - LABEL :], torch.zeros_like(truth)], 1)
        output = model(past, marks[:, :CONTEXT], decoder, marks[:, CONTEXT - LABEL :])
        loss = torch.nn.functional.mse_loss(output, truth)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        loss.item()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"step_seconds": statistics.median(seconds[a.warmup_steps :])}))


if __name__ == "__main__":
    main()
