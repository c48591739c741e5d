"""Goldens for PatchTST, made by Hugging Face transformers: `python make_patchtst.py` rewrites patchtst/ beside this file.

Made with torch 2.15.0 and transformers 5.23.0. Every directory of patchtst/ is a PatchTSTForPrediction as HF saves it,
with a golden.safetensors beside it. The weights are float32; everything in a golden is computed from them in float64 and
stored in float32.

Directories
    plain        batch norm before each sub-layer, sincos, mean pooling: HF's defaults
    paper        batch norm after the sum, learned positions, no pooling: the paper's
    layernorm    layer norm before, relu, no bias in the feed-forward network, values left over at the start
    post         layer norm after, a class token, an embedding for each channel, scaled by the mean
    channels     attention among channels, batch norm before, no scaling
    student_t    Student-t outputs; batch norm after; the golden's loss is the sum over channels, as HF has it

Tensors of a golden (B windows, L steps, H ahead, C channels)
    past (B, L, C), truth (B, H, C)
    forecast (B, H, C), loss ()      in evaluation; of student_t the mean of the distribution
    grad.NAME                        gradient of that loss for every parameter, under its HF name
    train.loss, train.grad.NAME      the same in training: statistics of the batch, no dropout
    train.after.NAME                 the running statistics after it
    attentions.L (B C, heads, N, N)  of layer L in evaluation (not of channels)
    missing.past, missing.observed (B, L, C), missing.forecast   where observed is 0, past is too
    freedom, location, scale (B, H, C)      of student_t, before location and scale of the window
    adamw.losses, adamw.grad_norms (10), adamw.after.NAME   as in make_gpt2.py, in evaluation (not of student_t)
"""

import shutil
from pathlib import Path

import torch
from common import adamw, load_exactly, randomize, write
from transformers import PatchTSTConfig, PatchTSTForPrediction

HERE = Path(__file__).parent / "patchtst"


def build(directory, seed, **config):
    sizes = {"context_length": 12, "prediction_length": 4, "num_input_channels": 3, "patch_length": 4, "patch_stride": 2}
    sizes |= {"d_model": 8, "num_attention_heads": 2, "num_hidden_layers": 2, "ffn_dim": 12}
    torch.manual_seed(seed)
    model = PatchTSTForPrediction(PatchTSTConfig(**(sizes | config)))
    sines = model.model.encoder.positional_encoder.position_enc.clone()
    randomize(model, lambda name: "norm" in name and name.endswith("weight"))
    if model.config.positional_encoding_type == "sincos":
        model.model.encoder.positional_encoder.position_enc.data.copy_(sines)
    for name, buffer in model.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_(std=0.3)
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 2.0)
    model.save_pretrained(directory)


def load(directory):
    """HF makes sinusoids that do not learn, and from_pretrained() makes them learn: as they are meant."""
    model = load_exactly(PatchTSTForPrediction, directory)
    if model.config.positional_encoding_type == "sincos":
        model.model.encoder.positional_encoder.position_enc.requires_grad_(False)
    return model


def batch(config):
    generator = torch.Generator().manual_seed(7)
    draw = lambda *shape: torch.randn(*shape, generator=generator)
    steps, ahead, channels = config.context_length, config.prediction_length, config.num_input_channels
    past = draw(3, steps, channels) * 2 + draw(3, 1, channels)
    observed = (torch.rand(past.shape, generator=generator) < 0.8).float()
    return {"past": past, "truth": draw(3, ahead, channels), "missing.observed": observed, "missing.past": past * observed}


class Losses(torch.nn.Module):
    """The model as common.adamw() calls it."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, past, truth):
        return self.model(past_values=past.double(), future_values=truth.double(), output_attentions=True)


def point(model, out):
    if model.distribution_output is None:
        return out.prediction_outputs
    return model.distribution_output.distribution(out.prediction_outputs, loc=out.loc, scale=out.scale).mean


def gradients(model, kind):
    found = {f"{kind}{name}": p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return found


def golden(directory):
    model = load(directory)
    inputs = batch(model.config)
    data = {k: inputs[k] for k in ("past", "truth")}
    call = Losses(model)
    out = call(**data)
    out.loss.backward()
    tensors = inputs | {"forecast": point(model, out), "loss": out.loss} | gradients(model, "grad.")
    if model.distribution_output is not None:
        tensors |= dict(zip(("freedom", "location", "scale"), out.prediction_outputs))
    elif not model.config.channel_attention:
        tensors |= {f"attentions.{i}": a for i, a in enumerate(out.attentions)}
    missing = model(past_values=inputs["missing.past"].double(), past_observed_mask=inputs["missing.observed"].double())
    tensors["missing.forecast"] = point(model, missing)

    model.train()
    out = call(**data)
    out.loss.backward()
    tensors |= {"train.loss": out.loss} | gradients(model, "train.grad.")
    tensors |= {f"train.after.{name}": b.clone() for name, b in model.named_buffers() if "running" in name}
    if model.distribution_output is None:
        model = load(directory)
        parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
        tensors |= adamw(Losses(model), data, parameters)
    write(directory / "golden.safetensors", tensors)


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    paper = {"pre_norm": False, "positional_encoding_type": "random", "pooling_type": None}
    norm = {"norm_type": "layernorm"}
    build(HERE / "plain", 1)
    build(HERE / "paper", 2, **paper)
    leftover = {"context_length": 13, "activation_function": "relu", "bias": False, "pooling_type": None}
    build(HERE / "layernorm", 3, **norm, **leftover)
    post = {"pre_norm": False, "use_cls_token": True, "share_embedding": False, "scaling": "mean"}
    build(HERE / "post", 4, **norm, **post)
    build(HERE / "channels", 5, channel_attention=True, scaling=None)
    build(HERE / "student_t", 6, loss="nll", **paper)
    for directory in sorted(HERE.iterdir()):
        golden(directory)
    size = sum(f.stat().st_size for f in HERE.rglob("*") if f.is_file())
    print(f"{HERE}: {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
