"""Goldens for the encoder-decoder, made by Hugging Face transformers: `python make_marian.py` rewrites marian/ beside
this file.

Made with torch 2.15.0 and transformers 5.23.0. Every directory of marian/ is a MarianMTModel as HF saves it, with a
golden.safetensors beside it. The weights are float32; everything in a golden is computed from them in float64 and
stored in float32, so it is the exact answer rather than another float32's rounding.

Directories
    paper         2 + 2 layers, 2 heads, width 16, ReLU, vocabulary 61, as Attune makes them: starts from <s> (1), padding
                  is 0, no forced end of text
    opus          1 + 2 layers, 3 and 2 heads, width 12, swish, final_logits_bias not zero, starts from padding, which is
                  the last token and never generated: as OPUS-MT's models have it
    bf16          `paper` saved in bfloat16
    ties          `paper` with its embedding under the three names that are tied to model.shared.weight instead of it,
                  and with the tables of positions, as other programs write checkpoints; no golden of its own

Tensors of a golden (B sequences, S source tokens, T target tokens, V vocabulary)
    input_ids, attention_mask (B, S)   uneven lengths, padded on the right
    decoder_input_ids, labels (B, T)   label -100 takes no part
    logits (B, T, V)        compare where the label is not -100
    loss ()                 mean over the labels that count
    smoothed_loss ()        the same with label smoothing 0.1
    grad.NAME               gradient of the loss for every parameter, under its HF name
    greedy.tokens (B, N)    new tokens of generate(do_sample=False), end of text ignored; the two best logits differ by
                            more than 1e-3 at every step
    adamw.losses, adamw.grad_norms (10)   before each of ten steps of torch.optim.AdamW on the same batch
    adamw.after.NAME        every parameter after them
bf16 carries the inputs, logits and loss only.

AdamW: as in make_gpt2.py.
"""

import shutil
from pathlib import Path

import torch
from make_gpt2 import ADAMW, WEIGHT_DECAY, write
from safetensors.torch import load_file, save_file
from transformers import MarianConfig, MarianMTModel

HERE = Path(__file__).parent / "marian"
NEW_TOKENS = 8


def build(seed, **config):
    """A model whose every tensor is random: with HF's zero biases and unit norms a swapped one would go unseen."""
    defaults = {"vocab_size": 61, "d_model": 16, "encoder_layers": 2, "decoder_layers": 2}
    defaults |= {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 24}
    defaults |= {"decoder_ffn_dim": 20, "activation_function": "relu", "max_position_embeddings": 20}
    defaults |= {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}
    defaults |= {"forced_eos_token_id": None, "scale_embedding": True, "dropout": 0.0}
    torch.manual_seed(seed)
    model = MarianMTModel(MarianConfig(**(defaults | config)))
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "embed_positions" in name:
                continue
            if p.dim() == 2:
                p.normal_(std=0.3)
            else:
                p.normal_(mean=1.0 if "layer_norm" in name and name.endswith("weight") else 0.0, std=0.2)
    return model.eval()


def build_opus(seed):
    model = build(
        seed, vocab_size=47, d_model=12, encoder_layers=1, encoder_attention_heads=3, encoder_ffn_dim=17,
        activation_function="swish", pad_token_id=46, decoder_start_token_id=46, eos_token_id=0, bos_token_id=0,
        forced_eos_token_id=0,
    )
    with torch.no_grad():
        model.final_logits_bias.normal_(std=0.5)
    model.generation_config.bad_words_ids = [[46]]
    return model


def batch(config):
    source, target = [9, 3, 12], [7, 11, 4]
    generator = torch.Generator().manual_seed(7)
    ids = torch.randint(3, 46, (3, max(source)), generator=generator)
    mask = (torch.arange(max(source)) < torch.tensor(source)[:, None]).long()
    labels = torch.randint(3, 46, (3, max(target)), generator=generator)
    real = torch.arange(max(target)) < torch.tensor(target)[:, None]
    inputs = labels.roll(1, 1)
    inputs[:, 0] = config.decoder_start_token_id
    return {
        "input_ids": torch.where(mask == 1, ids, config.pad_token_id),
        "attention_mask": mask,
        "decoder_input_ids": torch.where(real, inputs, config.pad_token_id),
        "labels": torch.where(real, labels, -100),
    }


@torch.no_grad()
def greedy(model, inputs):
    """New tokens for the whole batch; fails where a tie would make the answer a matter of rounding."""
    model.generation_config.eos_token_id = None
    model.generation_config.forced_eos_token_id = None
    model.config.forced_eos_token_id = None
    source = {k: inputs[k] for k in ("input_ids", "attention_mask")}
    out = model.generate(**source, do_sample=False, num_beams=1, max_new_tokens=NEW_TOKENS)
    assert out.shape == (3, NEW_TOKENS + 1)
    logits = model(**source, decoder_input_ids=out).logits[:, :-1]
    logits[..., [token for [token] in model.generation_config.bad_words_ids or []]] = -torch.inf
    top = logits.topk(2).values
    assert (top[..., 0] - top[..., 1]).min() > 1e-3, "the two best logits are too close: choose another seed"
    return {"greedy.tokens": out[:, 1:]}


def learned(model):
    return {name: p for name, p in model.named_parameters() if "embed_positions" not in name}


def adamw(model, inputs):
    """Ten steps on one batch. Changes the model."""
    parameters = learned(model)
    groups = [
        {"params": [p for p in parameters.values() if p.dim() >= 2], "weight_decay": WEIGHT_DECAY},
        {"params": [p for p in parameters.values() if p.dim() < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, **ADAMW)
    losses, norms = [], []
    for _ in range(10):
        loss = model(**inputs).loss
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.get_total_norm([p.grad for p in parameters.values()]))
        losses.append(loss.detach())
        optimizer.step()
    golden = {"adamw.losses": torch.stack(losses), "adamw.grad_norms": torch.stack(norms)}
    return golden | {f"adamw.after.{name}": p.detach() for name, p in parameters.items()}


def forward_golden(directory):
    """Inputs, logits and loss of a saved directory, as HF itself loads it, in float64."""
    model, report = MarianMTModel.from_pretrained(
        directory, dtype=torch.float64, attn_implementation="eager", output_loading_info=True
    )
    assert not any(report[k] for k in ("missing_keys", "unexpected_keys", "mismatched_keys")), report
    model.eval()
    inputs = batch(model.config)
    out = model(**inputs)
    return model, inputs, out, inputs | {"logits": out.logits, "loss": out.loss}


def full_golden(directory):
    model, inputs, out, golden = forward_golden(directory)
    smoothed = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
    golden["smoothed_loss"] = smoothed(out.logits.flatten(0, 1), inputs["labels"].flatten())
    out.loss.backward()
    golden |= {f"grad.{name}": p.grad.clone() for name, p in learned(model).items()}
    golden |= greedy(model, inputs)
    golden |= adamw(model, inputs)
    write(directory, golden)


def save_ties(source, directory):
    directory.mkdir()
    tensors = load_file(source / "model.safetensors")
    shared = tensors.pop("model.shared.weight")
    for name in ("model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight"):
        tensors[name] = shared.clone()
    for stack in ("encoder", "decoder"):
        tensors[f"model.{stack}.embed_positions.weight"] = torch.zeros(20, 16)
    save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})
    for name in ("config.json", "generation_config.json"):
        shutil.copy(source / name, directory)


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    build(1).save_pretrained(HERE / "paper")
    build_opus(2).save_pretrained(HERE / "opus")
    for name in ("paper", "opus"):
        full_golden(HERE / name)
    build(1).bfloat16().save_pretrained(HERE / "bf16")
    write(HERE / "bf16", forward_golden(HERE / "bf16")[3])
    save_ties(HERE / "paper", HERE / "ties")
    size = sum(f.stat().st_size for f in HERE.rglob("*") if f.is_file())
    print(f"{HERE}: {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
