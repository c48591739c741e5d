"""A character GPT in PyTorch eager: the peer of `attune train lm` on the same work.

The network is GPT-2's (Radford et al., 2019) as Hugging Face's GPT2LMHeadModel lays it out: pre-norm, biases
everywhere, GELU in its tanh form, tied embeddings, normal(0.02) weights and residual projections scaled by
1/sqrt(2 * layers). Data, schedule and optimizer are those of nanoGPT's character setting. Batches are windows at
random offsets of the first nine tenths; evaluation reads the whole last tenth with stride = context, so every
token of it but the first is predicted once.

    python char_gpt.py --text FILE [--setting small|large] [--seeds 1 2 3] [--max-steps N] [--log FILE]

One JSON line a seed on standard output; the loss of every step in the --log file.
"""

import argparse
import json
import math
import statistics
import time
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Setting:
    """Model and training of one run; the defaults are nanoGPT's small CPU setting."""

    layers: int = 4
    heads: int = 4
    width: int = 128
    context: int = 64
    batch_size: int = 12
    dropout: float = 0.0
    max_steps: int = 2000
    decay_steps: int = 2000
    learning_rate: float = 1e-3
    min_learning_rate: float = 1e-4
    warmup_steps: int = 100
    adam_beta2: float = 0.99
    weight_decay: float = 0.1
    max_grad_norm: float = 1.0


SETTINGS = {
    "small": Setting(),
    "large": Setting(
        layers=6, heads=6, width=384, context=256, batch_size=64, dropout=0.2, max_steps=5000, decay_steps=5000
    ),
}


class Block(nn.Module):
    """x + attention(norm(x)), then x + feed_forward(norm(x))."""

    def __init__(self, s: Setting):
        super().__init__()
        self.heads, self.dropout = s.heads, s.dropout
        self.ln_1 = nn.LayerNorm(s.width)
        self.c_attn = nn.Linear(s.width, 3 * s.width)
        self.attn_proj = nn.Linear(s.width, s.width)
        self.ln_2 = nn.LayerNorm(s.width)
        self.c_fc = nn.Linear(s.width, 4 * s.width)
        self.mlp_proj = nn.Linear(4 * s.width, s.width)

    def forward(self, x):  # (B, T, D)
        b, t, d = x.shape
        qkv = self.c_attn(self.ln_1(x)).view(b, t, 3, self.heads, d // self.heads)  # (B, T, 3, H, Dh)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, H, T, Dh)
        rate = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=rate, is_causal=True)  # (B, H, T, Dh)
        y = self.attn_proj(y.transpose(1, 2).reshape(b, t, d))  # (B, T, D)
        x = x + F.dropout(y, self.dropout, self.training)
        y = self.mlp_proj(F.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))  # (B, T, D)
        return x + F.dropout(y, self.dropout, self.training)


class CharGpt(nn.Module):
    def __init__(self, s: Setting, vocabulary: int):
        super().__init__()
        self.dropout = s.dropout
        self.wte = nn.Embedding(vocabulary, s.width)
        self.wpe = nn.Embedding(s.context, s.width)
        self.blocks = nn.ModuleList(Block(s) for _ in range(s.layers))
        self.ln_f = nn.LayerNorm(s.width)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                scale = 1 / math.sqrt(2 * s.layers) if name.endswith("_proj.weight") else 1.0
                nn.init.normal_(p, std=0.02 * scale)
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, ids, labels):  # (B, T), (B, T)
        x = self.wte(ids) + self.wpe.weight[: ids.shape[1]]  # (B, T, D)
        x = F.dropout(x, self.dropout, self.training)
        for block in self.blocks:
            x = block(x)
        logits = F.linear(self.ln_f(x), self.wte.weight)  # (B, T, V)
        return F.cross_entropy(logits.flatten(0, 1), labels.flatten())


def load_text(path):
    """The text as character ids, split into the first nine tenths and the last; the vocabulary's size."""
    with open(path, encoding="utf-8", newline="") as f:
        text = f.read()
    characters = sorted(set(text))
    index = {c: i for i, c in enumerate(characters)}
    ids = torch.tensor([index[c] for c in text])
    cut = int(len(ids) * 0.9)
    return ids[:cut], ids[cut:], len(characters)


def learning_rate(s: Setting, step: int) -> float:
    """Linear warm-up, then a cosine down to the minimum."""
    if step < s.warmup_steps:
        return s.learning_rate * (step + 1) / (s.warmup_steps + 1)
    progress = min(1.0, (step - s.warmup_steps) / (s.decay_steps - s.warmup_steps))
    return s.min_learning_rate + 0.5 * (1 + math.cos(math.pi * progress)) * (s.learning_rate - s.min_learning_rate)


@torch.no_grad()
def evaluate(model, ids, s: Setting) -> float:
    """Mean loss over every token of `ids` but the first, each predicted once within its window."""
    model.eval()
    windows = (len(ids) - 1) // s.context
    used = windows * s.context
    x = ids[:used].view(windows, s.context)
    y = ids[1 : used + 1].view(windows, s.context)
    total = sum(model(a, b).item() * a.numel() for a, b in zip(x.split(64), y.split(64)))
    rest = len(ids) - 1 - used
    if rest:
        total += model(ids[None, used:-1], ids[None, used + 1 :]).item() * rest
    model.train()
    return total / (len(ids) - 1)


def train(s: Setting, train_ids, valid_ids, vocabulary, seed, fused, log=None):
    """One run; returns a dict of its losses and times. A step is batch, forward, backward, clip and AdamW."""
    torch.manual_seed(seed)
    model = CharGpt(s, vocabulary)
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": s.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=s.learning_rate, betas=(0.9, s.adam_beta2), fused=fused)
    window = torch.arange(s.context)
    seconds, losses = [], []
    for step in range(s.max_steps):
        start = time.perf_counter()
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(s, step)
        offsets = torch.randint(len(train_ids) - s.context, (s.batch_size, 1)) + window  # (B, T)
        loss = model(train_ids[offsets], train_ids[offsets + 1])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), s.max_grad_norm)
        optimizer.step()
        losses.append(loss.item())
        seconds.append(time.perf_counter() - start)
        if log:
            line = {"seed": seed, "step": step + 1, "loss": losses[-1], "grad_norm": norm.item()}
            log.write(json.dumps(line | {"step_seconds": seconds[-1]}) + "\n")
    return {
        "seed": seed,
        "steps": s.max_steps,
        "parameters": sum(p.numel() for p in model.parameters()),
        "fused_adamw": fused,
        "valid_loss": evaluate(model, valid_ids, s),
        "train_loss_last_100": statistics.fmean(losses[-100:]),
        "step_ms_median": 1e3 * statistics.median(seconds),
        "step_ms_fastest_tenth": 1e3 * statistics.quantiles(seconds, n=10)[0] if len(seconds) > 1 else None,
        "seconds": sum(seconds),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--text", required=True)
    parser.add_argument("--setting", choices=SETTINGS, default="small")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--max-steps", type=int, help="stop early; the schedule stays that of the whole setting")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--log", help="JSON lines, one a step")
    parser.add_argument("--plain-adamw", action="store_true", help="PyTorch's default AdamW, not its fused one")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    s = SETTINGS[a.setting]
    if a.max_steps:
        s = replace(s, max_steps=a.max_steps)
    train_ids, valid_ids, vocabulary = load_text(a.text)
    log = open(a.log, "w", encoding="utf-8") if a.log else None
    for seed in a.seeds:
        print(json.dumps(train(s, train_ids, valid_ids, vocabulary, seed, not a.plain_adamw, log)), flush=True)


if __name__ == "__main__":
    main()
