"""Training steps of an encoder-decoder in PyTorch on Hugging Face's model: one JSON line with the median step.

3 + 3 layers, width 256, feed-forward 512, 8 heads, vocabulary 8,000, 128 pairs of 16 + 16 tokens without padding,
label smoothing 0.1, dropout 0.1. A step is forward, backward, clipping and the fused Adam.
"""

import argparse
import json
import statistics
import time

import torch
from torch.nn.functional import cross_entropy
from transformers import MarianConfig, MarianMTModel

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--steps", type=int, default=20)
parser.add_argument("--warmup-steps", type=int, default=4)
parser.add_argument("--threads", type=int, default=2)
a = parser.parse_args()

torch.set_num_threads(a.threads)
torch.manual_seed(0)
sizes = {"encoder_layers": 3, "decoder_layers": 3, "encoder_attention_heads": 8, "decoder_attention_heads": 8}
sizes |= {"encoder_ffn_dim": 512, "decoder_ffn_dim": 512, "d_model": 256, "vocab_size": 8000}
tokens = {"pad_token_id": 7999, "decoder_start_token_id": 7999, "bos_token_id": 0, "eos_token_id": 0}
options = {"activation_function": "relu", "dropout": 0.1, "scale_embedding": True, "max_position_embeddings": 128}
model = MarianMTModel(MarianConfig(**sizes, **tokens, **options)).train()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, betas=(0.9, 0.98), eps=1e-9, fused=True)
seconds = []
for _ in range(a.warmup_steps + a.steps):
    start = time.perf_counter()
    source, target, inputs = (torch.randint(7999, (128, 16)) for _ in range(3))  # (B, T)
    logits = model(input_ids=source, decoder_input_ids=inputs, use_cache=False).logits  # (B, T, V)
    loss = cross_entropy(logits.flatten(0, 1), target.flatten(), label_smoothing=0.1)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    loss.item()
    seconds.append(time.perf_counter() - start)
print(json.dumps({"step_seconds": statistics.median(seconds[a.warmup_steps :])}))
