"""Goldens for DLinear and iTransformer, made by the Time-Series-Library: `python make_tsl_linear.py --tsl PATH` rewrites
tsl_linear/ beside this file. PATH is a checkout of https://github.com/thuml/Time-Series-Library.

Made with torch 2.15.0. Every directory of tsl_linear/ has the weights as model.safetensors under the library's names, a
config.json as Attune writes it, and a golden.safetensors. The weights are float32; everything in a golden is computed
from them in float64 and stored in float32.

Directories
    dlinear             12 steps, 5 ahead, 3 series, a moving average of 5 steps
    dlinear_individual  maps of its own for each series, a moving average longer than the window
    itransformer        10 steps, 4 ahead, 3 series and 2 fields of the calendar; width 8, 2 heads, 2 layers of 12, gelu
    itransformer_relu   1 layer, relu, no calendar, 1 step ahead

Tensors of a golden (B windows, L steps, H ahead, C series, F fields of the calendar)
    past (B, L, C), calendar (B, L + H, F), truth (B, H, C)
    forecast (B, H, C), loss ()     the mean squared error
    grad.NAME                       gradient of the loss for every parameter, under its name
    attentions.L (B, heads, C + F, C + F)
    adamw.losses, adamw.grad_norms (10), adamw.after.NAME   as in make_gpt2.py
"""

import argparse
import json
import shutil
import sys
import types
from pathlib import Path

import torch
from common import ADAMW, WEIGHT_DECAY, randomize, write
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent / "tsl_linear"
COMMON = {"task_name": "long_term_forecast", "embed": "timeF", "freq": "h", "factor": 1}


def import_from(tsl):
    """The models; what the library imports beside and does not use here stays away."""
    for name, attributes in (("reformer_pytorch", ["LSHSelfAttention"]), ("einops", ["rearrange", "repeat"])):
        stub = types.ModuleType(name)
        for attribute in attributes:
            setattr(stub, attribute, None)
        sys.modules[name] = stub
    sys.path.insert(0, str(tsl))
    from models import DLinear, iTransformer

    return {"dlinear": DLinear.Model, "itransformer": iTransformer.Model}


def build(models, config):
    options = types.SimpleNamespace(**COMMON, **config)
    if config["model_type"] == "dlinear":
        return models["dlinear"](options, individual=config["individual"])
    return models["itransformer"](options)


def config_of(family, steps, ahead, series, fields=0, **more):
    calendar = [{"name": f"field{i}", "size": 9} for i in range(fields)]
    config = {"model_type": family, "seq_len": steps, "pred_len": ahead, "enc_in": series, "c_out": series}
    return config | {"calendar": calendar, "head": {"kind": "point"}} | more


def batch(config):
    generator = torch.Generator().manual_seed(7)
    steps, ahead, series = config["seq_len"], config["pred_len"], config["enc_in"]
    draw = lambda *shape: torch.randn(*shape, generator=generator)
    # In float32, as they are stored.
    return {
        "past": draw(3, steps, series) * 2 + draw(3, 1, series),
        "calendar": torch.rand(3, steps + ahead, len(config["calendar"]), generator=generator) - 0.5,
        "truth": draw(3, ahead, series),
    }


def forecast(model, config, inputs):
    past, calendar = inputs["past"].double(), inputs["calendar"].double()
    marks = calendar[:, : config["seq_len"]] if config["calendar"] else None
    return model(past.clone(), marks, None, None)


def loss_of(model, config, inputs):
    return torch.nn.functional.mse_loss(forecast(model, config, inputs), inputs["truth"].double())


def attentions(model, config, inputs):
    if config["model_type"] != "itransformer":
        return {}
    seen = {}
    for i, layer in enumerate(model.encoder.attn_layers):
        layer.attention.inner_attention.output_attention = True
        layer.attention.register_forward_hook(
            lambda _, __, out, i=i: seen.__setitem__(f"attentions.{i}", out[1].detach())
        )
    forecast(model, config, inputs)
    return seen


def adamw(model, config, inputs):
    """Ten steps on one batch. Changes the model."""
    parameters = dict(model.named_parameters())
    groups = [
        {"params": [p for p in parameters.values() if p.dim() >= 2], "weight_decay": WEIGHT_DECAY},
        {"params": [p for p in parameters.values() if p.dim() < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, **ADAMW)
    losses, norms = [], []
    for _ in range(10):
        loss = loss_of(model, config, inputs)
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.get_total_norm([p.grad for p in parameters.values()]))
        losses.append(loss.detach())
        optimizer.step()
    golden = {"adamw.losses": torch.stack(losses), "adamw.grad_norms": torch.stack(norms)}
    return golden | {f"adamw.after.{name}": p.detach() for name, p in parameters.items()}


def make(models, name, seed, config):
    directory = HERE / name
    directory.mkdir(parents=True)
    torch.manual_seed(seed)
    model = build(models, config)
    randomize(model, lambda parameter: "norm" in parameter and parameter.endswith("weight"))
    save_file(model.state_dict(), directory / "model.safetensors", metadata={"format": "pt"})
    (directory / "config.json").write_text(json.dumps(config, indent=2) + "\n")

    model = build(models, config).double().eval()
    model.load_state_dict(load_file(directory / "model.safetensors"))
    inputs = batch(config)
    loss = loss_of(model, config, inputs)
    loss.backward()
    golden = inputs | {"forecast": forecast(model, config, inputs), "loss": loss}
    golden |= {f"grad.{name}": p.grad.clone() for name, p in model.named_parameters()}
    golden |= attentions(model, config, inputs)
    golden |= adamw(model, config, inputs)
    if not config["calendar"]:
        del golden["calendar"]
    write(directory / "golden.safetensors", golden)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tsl", type=Path, required=True)
    models = import_from(parser.parse_args().tsl)
    shutil.rmtree(HERE, ignore_errors=True)
    make(models, "dlinear", 1, config_of("dlinear", 12, 5, 3, moving_avg=5, individual=False))
    make(models, "dlinear_individual", 2, config_of("dlinear", 9, 4, 3, moving_avg=25, individual=True))
    sizes = {"d_model": 8, "n_heads": 2, "e_layers": 2, "d_ff": 12, "dropout": 0.0, "activation": "gelu"}
    make(models, "itransformer", 3, config_of("itransformer", 10, 4, 3, fields=2, **sizes))
    sizes |= {"e_layers": 1, "activation": "relu"}
    make(models, "itransformer_relu", 4, config_of("itransformer", 7, 1, 2, **sizes))
    size = sum(f.stat().st_size for f in HERE.rglob("*") if f.is_file())
    print(f"{HERE}: {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
