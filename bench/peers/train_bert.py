"""Training steps of a BERT-base classifier in PyTorch on Hugging Face's model: one JSON line with the median step.

16 texts of 64 tokens without padding, two labels, the dropout of 0.1 that BERT has. A step is forward, backward, clipping
and the fused AdamW.
"""

import argparse
import json
import statistics
import time

import torch
from transformers import BertForSequenceClassification

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("directory")
parser.add_argument("--steps", type=int, default=6)
parser.add_argument("--warmup-steps", type=int, default=2)
parser.add_argument("--threads", type=int, default=2)
a = parser.parse_args()

torch.set_num_threads(a.threads)
torch.manual_seed(0)
model = BertForSequenceClassification.from_pretrained(a.directory, dtype=torch.float32).train()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-5, weight_decay=0.01, fused=True)
seconds = []
for _ in range(a.warmup_steps + a.steps):
    start = time.perf_counter()
    ids, labels = torch.randint(4, 30000, (16, 64)), torch.randint(2, (16,))
    loss = model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels).loss
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    loss.item()
    seconds.append(time.perf_counter() - start)
print(json.dumps({"step_seconds": statistics.median(seconds[a.warmup_steps :])}))
