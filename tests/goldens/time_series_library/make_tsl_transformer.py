"""Goldens for the Transformers of the Time-Series-Library: `python make_tsl_transformer.py --tsl PATH`.

PATH is a checkout of the Time-Series-Library (its models/, layers/ and utils/). Made with torch 2.15.0. Every directory
beside this file holds the state_dict of a model as model.safetensors, a config.json for Attune, and a golden.safetensors.
The weights are float32; everything in a golden is computed from them in float64 and stored in float32. Sinusoids, which
the library rounds to float32 on their way, are put in exactly.

Directories
    transformer_timeF    2 + 1 layers, 2 heads x 4, width 8, GELU, hourly scaled fields; 3 targets, 1 past covariate
    transformer_fixed    1 + 2 layers, ReLU, tables of sinusoids for five fields
    transformer_learned  1 + 1 layers, learned tables for four fields
    informer_timeF       3 + 2 layers with distilling
    informer_plain       2 + 1 layers without distilling, learned tables

Tensors of a golden (B windows, L + H steps, C targets of the channels C + P, F fields)
    past (B, L, C + P), truth (B, H, C), calendar (B, L + H, F) float, or calendar_indices int64
    MODE.output (B, H, C), MODE.loss (): for MODE eval and train, with a dropout of 0; the loss is the mean squared error
    MODE.grad.NAME          gradient of the loss for every parameter, under the library's name
    train.after.NAME        running moments after the pass
    samples.N (Lq, U)       the keys that the N-th ProbSparse attention of a pass tries: torch.randint, replaced
"""

import argparse
import json
import math
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import torch
from safetensors.torch import save_file

HERE = Path(__file__).parent
SIZES = {"minute": 4, "hour": 24, "weekday": 7, "day": 32, "month": 13}
BATCH = 3


def library(path):
    """The library's Transformer and Informer. What other models of it import is not needed and stands empty."""
    for name, members in {"reformer_pytorch": ["LSHSelfAttention"], "einops": ["rearrange", "repeat"]}.items():
        module = ModuleType(name)
        for member in members:
            setattr(module, member, None)
        sys.modules[name] = module
    sys.path.insert(0, str(path))
    from models import Informer, Transformer

    return {"time_transformer": Transformer.Model, "informer_tsl": Informer.Model}


def sinusoids(rows, width):
    position = torch.arange(rows, dtype=torch.float64)[:, None]
    angle = position * torch.exp(torch.arange(0, width, 2, dtype=torch.float64) * -(math.log(10000.0) / width))
    table = torch.empty(rows, width, dtype=torch.float64)
    table[:, 0::2], table[:, 1::2] = torch.sin(angle), torch.cos(angle)
    return table


def build(model, config, seed):
    """Every tensor random, with attention far from uniform."""
    torch.manual_seed(seed)
    configs = SimpleNamespace(
        task_name="long_term_forecast", dec_in=config["enc_in"], freq="t" if len(config["calendar"]) == 5 else "h", **config
    )
    network = model(configs)
    with torch.no_grad():
        for name, p in network.named_parameters():
            if p.requires_grad:
                p.normal_(std=0.6) if p.dim() >= 2 else p.normal_(mean=1.0 if "norm" in name else 0.0, std=0.2)
        for name, b in network.named_buffers():
            if "running" in name:
                b.uniform_(0.5, 1.5)
    return network


def exact(network):
    """In float64, with sinusoids of that precision."""
    network = network.double()
    for name, b in network.named_buffers():
        if name.endswith("position_embedding.pe"):
            b.copy_(sinusoids(b.shape[1], b.shape[2])[None])
    for name, p in network.named_parameters():
        if name.endswith("_embed.emb.weight"):
            p.data.copy_(sinusoids(*p.shape))
    return network


def batch(config):
    generator = torch.Generator().manual_seed(5)
    length, horizon = config["seq_len"], config["pred_len"]
    inputs = {
        "past": torch.randn(BATCH, length, config["enc_in"], generator=generator),
        "truth": torch.randn(BATCH, horizon, config["c_out"], generator=generator),
    }
    fields = config["calendar"]
    if config["embed"] == "timeF":
        inputs["calendar"] = torch.rand(BATCH, length + horizon, len(fields), generator=generator) - 0.5
    else:
        columns = [torch.randint(f["size"], (BATCH, length + horizon), generator=generator) for f in fields]
        inputs["calendar_indices"] = torch.stack(columns, -1)
    return inputs


class Sampler:
    """In place of torch.randint: the same keys at every pass, written down."""

    def __enter__(self):
        self.drawn, self.real = [], torch.randint
        generator = torch.Generator().manual_seed(9)

        def draw(high, size):
            self.drawn.append(self.real(high, size, generator=generator))
            return self.drawn[-1]

        torch.randint = draw
        return self

    def __exit__(self, *_):
        torch.randint = self.real


def run(network, config, inputs):
    past, marks = inputs["past"].double(), inputs.get("calendar", inputs.get("calendar_indices"))
    marks = marks.double() if marks.is_floating_point() else marks
    length, label = config["seq_len"], config["label_len"]
    start = past[:, length - label :]
    decoder = torch.cat([start, torch.zeros(BATCH, config["pred_len"], past.shape[2], dtype=past.dtype)], 1)
    with Sampler() as sampler:
        output = network(past, marks[:, :length], decoder, marks[:, length - label :])
    return output, sampler.drawn


def golden(directory, network, config):
    inputs = batch(config)
    tensors = dict(inputs)
    for mode in ("eval", "train"):
        network.train(mode == "train")
        network.zero_grad()
        output, drawn = run(network, config, inputs)
        loss = torch.nn.functional.mse_loss(output, inputs["truth"].double())
        loss.backward()
        tensors |= {f"{mode}.output": output, f"{mode}.loss": loss} | {f"samples.{i}": s for i, s in enumerate(drawn)}
        tensors |= {f"{mode}.grad.{n}": p.grad.clone() for n, p in network.named_parameters() if p.requires_grad}
    tensors |= {f"train.after.{n}": b for n, b in network.named_buffers() if "running" in n}
    save(directory / "golden.safetensors", tensors)


def save(path, tensors):
    single = {n: t.detach().float() if t.is_floating_point() else t.detach() for n, t in tensors.items()}
    save_file({n: t.contiguous() for n, t in single.items()}, path, metadata={"format": "pt"})


def write(models, name, model_type, embed, fields, seed, **sizes):
    config = {"model_type": model_type, "seq_len": 12, "pred_len": 6, "label_len": 4, "enc_in": 4, "c_out": 3}
    config |= {"d_model": 8, "n_heads": 2, "e_layers": 2, "d_layers": 1, "d_ff": 12, "dropout": 0.0, "activation": "gelu"}
    config |= {"embed": embed, "calendar": [{"name": f, "size": SIZES[f]} for f in fields], "factor": 1, "distil": True}
    config |= sizes
    network = build(models[model_type], config, seed)
    directory = HERE / name
    directory.mkdir(exist_ok=True)
    state = dict(network.state_dict())
    for key in state:
        if key.endswith("position_embedding.pe"):
            state[key] = state[key][:, :1]  # 5,000 rows, which nobody reads
    save(directory / "model.safetensors", state)
    golden(directory, exact(network), config)
    if model_type == "time_transformer":
        del config["factor"], config["distil"]
    (directory / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tsl", required=True, type=Path, help="a checkout of the Time-Series-Library")
    models = library(parser.parse_args().tsl)
    hourly = ["month", "day", "weekday", "hour"]
    write(models, "transformer_timeF", "time_transformer", "timeF", hourly, 1)
    minutely = [*hourly, "minute"]
    write(models, "transformer_fixed", "time_transformer", "fixed", minutely, 2, e_layers=1, d_layers=2, activation="relu")
    write(models, "transformer_learned", "time_transformer", "learned", hourly, 3, e_layers=1)
    long = {"seq_len": 24, "pred_len": 8, "label_len": 8}
    write(models, "informer_timeF", "informer_tsl", "timeF", hourly, 4, e_layers=3, d_layers=2, **long)
    write(models, "informer_plain", "informer_tsl", "learned", hourly, 5, distil=False, activation="relu", **long)


if __name__ == "__main__":
    main()
