"""Training steps of GPT-2 in PyTorch on Hugging Face's model: one JSON line with the median step.

A step is forward, backward, clipping and the fused AdamW that Hugging Face's Trainer uses by default.
"""

import argparse
import contextlib
import json
import statistics
import time

import torch
from transformers import GPT2LMHeadModel

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("directory")
parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32", help="bfloat16: autocast")
parser.add_argument("--batch-size", type=int, default=4)
parser.add_argument("--context", type=int, default=64)
parser.add_argument("--steps", type=int, default=6)
parser.add_argument("--warmup-steps", type=int, default=2)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--compile", action="store_true")
a = parser.parse_args()

torch.set_num_threads(a.threads)
torch.manual_seed(0)
model = GPT2LMHeadModel.from_pretrained(a.directory, dtype=torch.float32).train()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.1, fused=True)
if a.compile:
    model = torch.compile(model)
autocast = torch.autocast("cpu", torch.bfloat16) if a.dtype == "bfloat16" else contextlib.nullcontext()
seconds = []
for _ in range(a.warmup_steps + a.steps):
    start = time.perf_counter()
    ids = torch.randint(model.config.vocab_size, (a.batch_size, a.context))
    with autocast:
        loss = model(input_ids=ids, labels=ids, use_cache=False).loss
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    loss.item()
    seconds.append(time.perf_counter() - start)
print(json.dumps({"step_seconds": statistics.median(seconds[a.warmup_steps :])}))
