"""PatchTST both ways: Attune opens what Hugging Face saves, and HF opens what Attune saves of it and what it starts."""

import argparse
import itertools
import json
import tempfile
from pathlib import Path

import torch
from agreement import run
from safetensors.torch import load_file, save_file
from transformers import PatchTSTConfig, PatchTSTForPrediction

TOLERANCE = 1e-5
SIZES = {
    "context_length": 64, "prediction_length": 12, "num_input_channels": 3, "patch_length": 8, "patch_stride": 4,
    "d_model": 16, "num_attention_heads": 4, "num_hidden_layers": 2, "ffn_dim": 24,
}  # fmt: skip


def variations():
    yield "defaults", {"context_length": 32, "prediction_length": 24, "patch_length": 1, "patch_stride": 1}
    for norm, pre, positions, pooling in itertools.product(
        ("batchnorm", "layernorm"), (True, False), ("sincos", "random"), ("mean", None)
    ):
        config = {"norm_type": norm, "pre_norm": pre, "positional_encoding_type": positions, "pooling_type": pooling}
        yield " ".join(map(str, config.values())), config
    yield "student_t", {"loss": "nll"}
    yield "class token", {"use_cls_token": True}
    yield "an embedding for each channel", {"share_embedding": False}
    yield "channel attention", {"channel_attention": True}
    yield "scaled by the mean", {"scaling": "mean"}
    yield "scaled: true", {"scaling": True}
    yield "not scaled", {"scaling": None}
    yield "no bias", {"bias": False, "activation_function": "relu"}
    yield "values left over", {"context_length": 67}
    yield "one channel", {"num_input_channels": 1}


def build(config):
    torch.manual_seed(1)
    model = PatchTSTForPrediction(PatchTSTConfig(**(SIZES | config)))
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.requires_grad:
                p.normal_(mean=1.0 if "norm" in name and name.endswith("weight") else 0.0, std=0.2)
        for name, buffer in model.named_buffers():
            if name.endswith("running_var"):
                buffer.uniform_(0.5, 2.0)
    return model.eval()


def open_in_transformers(directory):
    model, report = PatchTSTForPrediction.from_pretrained(directory, output_loading_info=True)
    assert not (report["missing_keys"] or report["unexpected_keys"] or report["mismatched_keys"]), f"{directory}: {report}"
    return model.eval()


@torch.no_grad()
def expected(model, batch):
    out = model(past_values=batch["past"], past_observed_mask=batch.get("observed"))
    if model.distribution_output is None:
        return out.prediction_outputs
    return model.distribution_output.distribution(out.prediction_outputs, loc=out.loc, scale=out.scale).mean


def batches(config):
    generator = torch.Generator().manual_seed(3)
    past = torch.randn(5, config.context_length, config.num_input_channels, generator=generator) * 3 + 1
    observed = (torch.rand(past.shape, generator=generator) < 0.9).float()
    return {"past": past}, {"past": past * observed, "observed": observed}


def compare(build_folder, directory, model, saved):
    """The largest difference of forecasts, relative to their size."""
    worst = 0
    for batch in batches(model.config):
        save_file(batch, directory / "batch.st")
        run([build_folder / "dump_forecasts", directory, directory / "batch.st", directory / "out.st", saved])
        truth = expected(model, batch)
        away = (load_file(directory / "out.st")["forecast"] - truth).abs().max() / truth.abs().max().clamp(min=1)
        worst = max(worst, away.item())
    return worst


def check_tensors(directory, saved):
    before, after = (load_file(d / "model.safetensors") for d in (directory, saved))
    assert before.keys() == after.keys(), f"{saved}: names differ: {before.keys() ^ after.keys()}"
    for name, tensor in before.items():
        assert tensor.dtype == after[name].dtype and torch.equal(tensor, after[name]), f"{saved}: {name} has changed"


def check_of_hf(build_folder, name, config):
    with tempfile.TemporaryDirectory() as folder:
        directory, saved = Path(folder) / "hf", Path(folder) / "saved"
        saved.mkdir()
        model = build(config)
        model.save_pretrained(directory)
        away = compare(build_folder, directory, model, saved)
        assert away < TOLERANCE, f"{name}: forecasts differ by {away}"
        check_tensors(directory, saved)
        again = open_in_transformers(saved)
        for batch in batches(model.config):
            assert torch.equal(expected(again, batch), expected(model, batch)), f"{name}: HF's forecasts have changed"
    print(f"{name}: forecasts within {away:.1e}, same tensors, HF opens what Attune saved")


def check_of_attune(build_folder, name, config):
    """A new model of Attune's."""
    with tempfile.TemporaryDirectory() as folder:
        directory, started, saved = (Path(folder) / d for d in ("config", "started", "saved"))
        for d in (directory, started, saved):
            d.mkdir()
        (directory / "config.json").write_text(json.dumps({"model_type": "patchtst"} | SIZES | config))
        run([build_folder / "dump_forecasts", directory, "-", "-", started])
        away = compare(build_folder, started, open_in_transformers(started), saved)
        assert away < TOLERANCE, f"new {name}: forecasts differ by {away}"
    print(f"new {name}: HF opens it, forecasts within {away:.1e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True)
    build_folder = parser.parse_args().build.resolve()
    for name, config in variations():
        check_of_hf(build_folder, name, config)
        check_of_attune(build_folder, name, config)
    print("PatchTST agrees")


if __name__ == "__main__":
    main()
