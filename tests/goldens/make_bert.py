"""Goldens for the encoders, made by Hugging Face transformers: `python make_bert.py` rewrites encoders/ beside this file.

Made with torch 2.15.0 and transformers 5.23.0. encoders/FAMILY/HEAD is a model as HF saves it with one layer (two for
ALBERT, which are the same), width 8 and a vocabulary of 23, with a golden.safetensors beside it. The weights are float32;
everything in a golden is computed from them in float64 and stored in float32.

FAMILY: bert, roberta, xlm-roberta (mlm only), distilbert, albert, albert-groups (mlm only: three layers, the first
      two of which are the same)
HEAD: bare, mlm, pretraining (bert, albert), classification, regression, multilabel, tokens, span, choice;
      of bert also f16, bf16 (mlm in half precision) and old (base without prefix, gamma/beta, buffers)

Tensors of a golden (B texts, T tokens): input_ids, attention_mask, token_type_ids; the labels under HF's names
    hidden (B, T, D), pooled (B, D)   bare
    logits / prediction_logits, seq_relationship_logits / start_logits, end_logits
    loss, grad.NAME                   every gradient under its HF name
    adamw.losses, adamw.grad_norms, adamw.after.NAME   ten steps (mlm only); see common.py
    left.*                            the same texts padded on the left, and their logits (mlm only)
Rows of padding mean nothing in hidden states and in logits of tokens.
"""

import json
import shutil
from pathlib import Path

import torch
import transformers as hf
from common import adamw, load_exactly, randomize, write
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent / "encoders"
LENGTHS = [7, 3, 9]
TOKENS = max(LENGTHS)
SIZES = {
    "vocab_size": 23,
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 12,
    "max_position_embeddings": 12,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}
DISTIL = {"vocab_size": 23, "dim": 8, "n_layers": 2, "n_heads": 2, "hidden_dim": 12, "max_position_embeddings": 12}
DISTIL |= {"dropout": 0.0, "attention_dropout": 0.0, "qa_dropout": 0.0, "seq_classif_dropout": 0.0}
FAMILIES = {
    "bert": ("Bert", SIZES | {"hidden_act": "gelu"}),
    "roberta": ("Roberta", SIZES | {"type_vocab_size": 1, "layer_norm_eps": 1e-5}),
    "xlm-roberta": ("XLMRoberta", SIZES | {"type_vocab_size": 1, "layer_norm_eps": 1e-5}),
    "distilbert": ("DistilBert", DISTIL),
    "albert": ("Albert", SIZES | {"embedding_size": 5, "num_hidden_layers": 2, "classifier_dropout_prob": 0.0}),
    "albert-groups": ("Albert", SIZES | {"embedding_size": 5, "num_hidden_layers": 3, "num_hidden_groups": 2}),
}
NAMES = {"id2label": {0: "no", 1: "maybe", 2: "yes"}, "label2id": {"no": 0, "maybe": 1, "yes": 2}}
HEADS = {
    "bare": ("Model", {}),
    "mlm": ("ForMaskedLM", {}),
    "pretraining": ("ForPreTraining", {}),
    "classification": ("ForSequenceClassification", NAMES),
    "regression": ("ForSequenceClassification", {"num_labels": 1}),
    "multilabel": ("ForSequenceClassification", NAMES | {"problem_type": "multi_label_classification"}),
    "tokens": ("ForTokenClassification", NAMES),
    "span": ("ForQuestionAnswering", {}),
    "choice": ("ForMultipleChoice", {}),
}


def build(family, head, seed):
    names, config = FAMILIES[family]
    suffix, more = HEADS[head]
    torch.manual_seed(seed)
    model = getattr(hf, names + suffix)(getattr(hf, names + "Config")(**config, **more))
    randomize(model, lambda name: "norm" in name.lower() and name.endswith("weight"))
    return model.eval()


def batch(model, head, generator):
    """Three texts of uneven length, or one question with three choices."""
    pad = model.config.pad_token_id
    ids = torch.randint(3, 23, (3, TOKENS), generator=generator)
    mask = (torch.arange(TOKENS) < torch.tensor(LENGTHS)[:, None]).long()
    inputs = {"input_ids": torch.where(mask == 1, ids, pad), "attention_mask": mask}
    if getattr(model.config, "type_vocab_size", 0) > 1:
        inputs["token_type_ids"] = (torch.arange(TOKENS) >= 2).long() * mask
    tokens = torch.randint(23, (3, TOKENS), generator=generator)
    few = torch.where((mask == 1) & (torch.rand(3, TOKENS, generator=generator) < 0.5), tokens, -100)
    labels = {
        "bare": {},
        "mlm": {"labels": few},
        "classification": {"labels": torch.tensor([2, 0, 1])},
        "regression": {"labels": torch.tensor([0.5, -1.0, 2.0])},
        "multilabel": {"labels": torch.tensor([[1.0, 0, 1], [0, 0, 0], [0, 1, 1]])},
        "tokens": {"labels": torch.where(mask == 1, tokens % 3, -100)},
        "span": {"start_positions": torch.tensor([1, 0, TOKENS]), "end_positions": torch.tensor([4, 2, 8])},
        "choice": {"labels": torch.tensor([1])},
    }
    pair = {"albert": "sentence_order_label", "bert": "next_sentence_label"}.get(model.config.model_type)
    labels["pretraining"] = {"labels": few, pair: torch.tensor([1, 0, 1])}
    if head == "choice":
        inputs = {k: v[None] for k, v in inputs.items()}
    return inputs, labels[head]


def double(inputs):
    return {k: v.double() if v.is_floating_point() else v for k, v in inputs.items()}


def outputs_of(out):
    names = {"last_hidden_state": "hidden", "pooler_output": "pooled", "sop_logits": "seq_relationship_logits"}
    return {names.get(k, k): v for k, v in out.items() if v is not None}


def left_padded(inputs, pad):
    left = {k: torch.zeros_like(v) for k, v in inputs.items()}
    left["input_ids"].fill_(pad)
    for row, length in enumerate(LENGTHS):
        for name, value in inputs.items():
            left[name][row, TOKENS - length :] = value[row, :length]
    return left


def make(family, head, seed):
    directory = HERE / family / head
    build(family, head, seed).save_pretrained(directory)
    model = load_exactly(getattr(hf, FAMILIES[family][0] + HEADS[head][0]), directory)
    inputs, labels = batch(model, head, torch.Generator().manual_seed(7))
    out = model(**inputs, **double(labels))
    golden = inputs | labels | outputs_of(out)
    if head == "multilabel":
        golden["labels"] = labels["labels"].long()
    if head != "bare":
        out.loss.backward()
        # Under the names of the checkpoint: those of a loaded model may say lm_head.decoder for its tied embedding.
        parameters = {n: model.get_parameter(n) for n in load_file(directory / "model.safetensors")}
        golden |= {f"grad.{n}": p.grad.clone() for n, p in parameters.items() if p.grad is not None}
    if head == "mlm":
        left = left_padded(inputs, model.config.pad_token_id)
        golden |= {f"left.{k}": v for k, v in left.items()} | {"left.logits": model(**left).logits}
        golden |= adamw(model, inputs | labels, parameters)
    write(directory / "golden.safetensors", golden)


def make_half(dtype, name):
    directory = HERE / "bert" / name
    build("bert", "mlm", 2).to(dtype).save_pretrained(directory)
    model = load_exactly(hf.BertForMaskedLM, directory)
    inputs, labels = batch(model, "mlm", torch.Generator().manual_seed(7))
    write(directory / "golden.safetensors", inputs | labels | outputs_of(model(**inputs, **labels)))


def make_old():
    """`bare` as early checkpoints have it."""
    directory = HERE / "bert" / "old"
    directory.mkdir()
    tensors = load_file(HERE / "bert" / "bare" / "model.safetensors")
    renamed = {k.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): v for k, v in tensors.items()}
    renamed["embeddings.position_ids"] = torch.arange(12)[None]
    save_file({f"bert.{k}": v for k, v in renamed.items()}, directory / "model.safetensors")
    config = json.loads((HERE / "bert" / "bare" / "config.json").read_text())
    config["position_embedding_type"] = "absolute"
    config["torch_dtype"] = config.pop("dtype")
    (directory / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    for family in FAMILIES:
        for seed, head in enumerate(HEADS, 1):
            if head == "pretraining" and family not in ("bert", "albert"):
                continue
            if family in ("xlm-roberta", "albert-groups") and head != "mlm":
                continue
            make(family, head, seed)
    make_half(torch.float16, "f16")
    make_half(torch.bfloat16, "bf16")
    make_old()
    for path in sorted(HERE.iterdir()):
        print(path.name, sum(f.stat().st_size for f in path.rglob("*") if f.is_file()) // 1024, "KiB")


if __name__ == "__main__":
    main()
