"""The encoder-decoder both ways: Attune opens what Hugging Face saves, and HF opens what Attune saves of it."""

import argparse
import tempfile
from pathlib import Path

import torch
from agreement import TOLERANCE, run
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSeq2SeqLM, MarianConfig, MarianMTModel

PAPER = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1, "forced_eos_token_id": None}
OPUS = {"pad_token_id": 299, "bos_token_id": 0, "eos_token_id": 0, "decoder_start_token_id": 299, "forced_eos_token_id": 0}


def build(special, activation, bias):
    """Deviations above the usual 0.02, so that attention is far from uniform and logits are spread."""
    torch.manual_seed(0)
    config = MarianConfig(
        vocab_size=300, d_model=64, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, scale_embedding=True,
        decoder_attention_heads=4, encoder_ffn_dim=128, decoder_ffn_dim=128, max_position_embeddings=64,
        activation_function=activation, static_position_embeddings=True, **special,
    )
    model = MarianMTModel(config)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "embed_positions" not in name:
                p.normal_(mean=1.0 if "norm" in name and name.endswith("weight") else 0.0, std=0.15)
        model.final_logits_bias.normal_(std=bias)
    if special is OPUS:
        model.generation_config.bad_words_ids = [[299]]
    return model.eval()


def directories():
    yield "paper", lambda d: build(PAPER, "relu", 0).save_pretrained(d)
    yield "opus", lambda d: build(OPUS, "swish", 0.5).save_pretrained(d)
    yield "float16", lambda d: build(PAPER, "gelu", 0).half().save_pretrained(d)
    yield "bfloat16", lambda d: build(OPUS, "swish", 0.5).bfloat16().save_pretrained(d)
    yield "sharded", lambda d: build(PAPER, "relu", 0).save_pretrained(d, max_shard_size="200KB")


def open_in_transformers(directory):
    model, report = AutoModelForSeq2SeqLM.from_pretrained(directory, dtype=torch.float32, output_loading_info=True)
    wrong = {k: v for k, v in report.items() if v}
    assert not wrong, f"{directory}: {wrong}"
    return model.eval()


def batch(config):
    generator = torch.Generator().manual_seed(1)
    lengths = torch.tensor([21, 5, 13, 40])
    mask = (torch.arange(40) < lengths[:, None]).long()
    source = torch.randint(3, 299, (4, 40), generator=generator) * mask + config.pad_token_id * (1 - mask)
    target = torch.randint(3, 299, (4, 17), generator=generator)
    target[:, 0] = config.decoder_start_token_id
    return {"input_ids": source, "attention_mask": mask, "decoder_input_ids": target}


@torch.no_grad()
def check(build_directory, directory, folder):
    model = open_in_transformers(directory)
    inputs = batch(model.config)
    save_file(inputs, folder / "batch.safetensors")
    saved = folder / f"{directory.name}-saved"
    saved.mkdir()
    run([build_directory / "dump_sequence_logits", directory, folder / "batch.safetensors", folder / "out.safetensors", saved])
    ours = load_file(folder / "out.safetensors")["logits"]
    difference = (model(**inputs).logits - ours).abs().max().item()
    assert difference < TOLERANCE, f"{directory}: logits differ by {difference}"

    again = open_in_transformers(saved)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), f"{saved}: {name} has changed"
    for name in (*PAPER, "bad_words_ids"):
        for kind in ("generation_config", "config"):
            before, after = getattr(getattr(model, kind), name, None), getattr(getattr(again, kind), name, None)
            assert before == after, f"{saved}: {name} of {kind} is {after}, was {before}"
    source = {k: inputs[k] for k in ("input_ids", "attention_mask")}
    for beams in (1, 4):
        before, after = (m.generate(**source, num_beams=beams, max_new_tokens=20) for m in (model, again))
        assert torch.equal(before, after), f"{saved}: HF generates other tokens with {beams} beams"
    print(f"{directory.name}: opened both ways, logits within {difference:.1e}, same tensors and tokens")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="has dump_sequence_logits")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, save in directories():
            directory = Path(folder) / name
            save(directory)
            check(a.build, directory, Path(folder))


if __name__ == "__main__":
    main()
