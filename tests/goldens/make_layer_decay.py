"""Goldens for attune/train/parameter_choice: ten AdamW steps with a learning rate for every layer.

    python make_layer_decay.py      rewrites layer_decay/FAMILY/golden.safetensors beside this file

Made with torch 2.15.0 and transformers 5.23.0, on encoders/FAMILY/classification (see make_bert.py) and its batch:
layers, embeddings and heads are groups of parameters whose learning rate is 0.001 * 0.65^d, with d counted from the top.
Computed in float64, stored in float32: losses (10), after.NAME.
"""

import re
from pathlib import Path

import torch
import transformers as hf
from common import ADAMW, WEIGHT_DECAY, load_exactly, write
from safetensors.torch import load_file

HERE = Path(__file__).parent
RATE, DECAY = 1e-3, 0.65


def depth(name, layers):
    if found := re.search(r"layer\.(\d+)\.", name):
        return layers - int(found[1])
    return layers + 1 if ".embeddings." in name else 0


def make(family, names):
    directory = HERE / "encoders" / family / "classification"
    model = load_exactly(getattr(hf, names + "ForSequenceClassification"), directory)
    golden = load_file(directory / "golden.safetensors")
    inputs = {k: golden[k] for k in ("input_ids", "attention_mask", "token_type_ids", "labels") if k in golden}
    layers = model.config.num_hidden_layers
    groups = [
        {
            "params": [parameter],
            "lr": RATE * DECAY ** depth(name, layers),
            "weight_decay": WEIGHT_DECAY if parameter.dim() >= 2 else 0.0,
        }
        for name, parameter in model.named_parameters()
    ]
    optimizer = torch.optim.AdamW(groups, **ADAMW | {"lr": RATE})
    losses = []
    for _ in range(10):
        loss = model(**inputs).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    out = HERE / "layer_decay" / family
    out.mkdir(parents=True, exist_ok=True)
    after = {f"after.{name}": parameter for name, parameter in model.named_parameters()}
    write(out / "golden.safetensors", {"losses": torch.stack(losses)} | after)


if __name__ == "__main__":
    make("bert", "Bert")
    make("distilbert", "DistilBert")
