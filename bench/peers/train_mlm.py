"""Steps of masked language modelling in PyTorch on Hugging Face's BERT: one JSON line with the median step.

A step is masking (by Hugging Face's collator), forward, backward, clipping and the fused AdamW that Hugging Face's
Trainer uses by default.
"""

import argparse
import json
import statistics
import time

import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer, DataCollatorForLanguageModeling

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("directory")
parser.add_argument("--batch-size", type=int, default=32)
parser.add_argument("--context", type=int, default=128)
parser.add_argument("--steps", type=int, default=6)
parser.add_argument("--warmup-steps", type=int, default=2)
parser.add_argument("--threads", type=int, default=2)
a = parser.parse_args()

torch.set_num_threads(a.threads)
torch.manual_seed(0)
model = AutoModelForMaskedLM.from_pretrained(a.directory, dtype=torch.float32).train()
collate = DataCollatorForLanguageModeling(AutoTokenizer.from_pretrained(a.directory))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01, fused=True)
seconds = []
for _ in range(a.warmup_steps + a.steps):
    start = time.perf_counter()
    ids = torch.randint(5, model.config.vocab_size, (a.batch_size, a.context))
    loss = model(**collate([{"input_ids": row} for row in ids])).loss
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    loss.item()
    seconds.append(time.perf_counter() - start)
print(json.dumps({"step_seconds": statistics.median(seconds[a.warmup_steps :])}))
