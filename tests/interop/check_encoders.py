"""Encoders both ways, every family and head: Attune opens what Hugging Face saves, and HF opens what Attune saves of it."""

import argparse
import json
import re
import tempfile
from pathlib import Path

import torch
import transformers as hf
from agreement import TOLERANCE, run
from safetensors.torch import load_file, save_file

hf.logging.set_verbosity_error()
hf.utils.logging.disable_progress_bar()

SIZES = {
    "vocab_size": 60, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48,
    "max_position_embeddings": 24,
}
DISTIL = {"vocab_size": 60, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48, "max_position_embeddings": 24}
FAMILIES = {
    "bert": ("Bert", SIZES),
    "roberta": ("Roberta", SIZES | {"type_vocab_size": 1, "layer_norm_eps": 1e-5}),
    "xlm-roberta": ("XLMRoberta", SIZES | {"type_vocab_size": 1, "layer_norm_eps": 1e-5}),
    "distilbert": ("DistilBert", DISTIL),
    "albert": ("Albert", SIZES | {"embedding_size": 20}),
}
NAMES = {"id2label": {0: "no", 1: "maybe", 2: "yes"}, "label2id": {"no": 0, "maybe": 1, "yes": 2}}
HEADS = {
    "Model": {}, "ForMaskedLM": {}, "ForPreTraining": {}, "ForSequenceClassification": NAMES,
    "ForTokenClassification": NAMES, "ForQuestionAnswering": {}, "ForMultipleChoice": {},
}
LENGTHS = [17, 5, 11]


def build(family, head, **more):
    names, config = FAMILIES[family]
    torch.manual_seed(0)
    model = getattr(hf, names + head)(getattr(hf, names + "Config")(**config, **HEADS[head]), **more)
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.normal_(mean=1.0 if "norm" in name.lower() and name.endswith("weight") else 0.0, std=0.15)
    return model.eval()


def rewrite(source, target, rename, more=lambda tensors: {}):
    """A copy whose tensors have other names, and some more of them."""
    target.mkdir()
    (target / "config.json").write_text((source / "config.json").read_text())
    tensors = load_file(source / "model.safetensors")
    renamed = {rename(name): tensor for name, tensor in tensors.items()}
    save_file({k: t.clone() for k, t in (renamed | more(renamed)).items()}, target / "model.safetensors", {"format": "pt"})


def toggled(prefix, head):
    """Without the prefix where a model with a head has it, with it where a bare one has not."""
    if head == "Model":
        return lambda name: f"{prefix}.{name}"
    return lambda name: name.removeprefix(prefix + ".")


def old(name):
    return re.sub(r"(LayerNorm|layer_norm)\.(weight|bias)$", lambda m: m[1] + (".gamma" if m[2] == "weight" else ".beta"), name)


def buffers_and_ties(tensors):
    """What earlier versions of transformers saved besides: positions, and the output layer that is the embedding."""
    found = {}
    for name, tensor in tensors.items():
        if name.endswith("embeddings.word_embeddings.weight"):
            found[name.replace("word_embeddings.weight", "position_ids")] = torch.arange(24)[None]
            decoder = {"cls.predictions.bias": "cls.predictions.decoder", "lm_head.bias": "lm_head.decoder"}
            decoder |= {"predictions.bias": "predictions.decoder", "vocab_projector.bias": "vocab_projector"}
            for bias, layer in decoder.items():
                if bias in tensors:
                    found |= {f"{layer}.weight": tensor, f"{layer}.bias": tensors[bias]}
    return found


def variants(family, head, folder):
    """Directories of one model, and whether HF itself reads it under these names."""
    model = build(family, head)
    prefix = model.base_model_prefix
    plain = folder / "plain"
    model.save_pretrained(plain)
    yield plain, plain
    yield from ((path, path) for path in stored(model, folder))
    rewrite(plain, folder / "toggled", toggled(prefix, head))
    yield folder / "toggled", plain
    rewrite(plain, folder / "old", old, buffers_and_ties)
    yield folder / "old", plain
    if head == "Model" and family != "distilbert":
        build(family, head, add_pooling_layer=False).save_pretrained(folder / "without-pooler")
        yield folder / "without-pooler", folder / "without-pooler"


def stored(model, folder):
    model.save_pretrained(folder / "sharded", max_shard_size="20KB")
    assert (folder / "sharded" / "model.safetensors.index.json").exists()
    yield folder / "sharded"
    for dtype in (torch.bfloat16, torch.float16):
        model = model.to(dtype)
        name = str(dtype).removeprefix("torch.")
        model.save_pretrained(folder / name)
        yield folder / name


def tensors_of(directory):
    tensors = {}
    for path in sorted(directory.glob("*.safetensors")):
        tensors |= load_file(path)
    return tensors


def open_in_transformers(model_class, directory, pooler=True):
    more = {} if pooler else {"add_pooling_layer": False}
    model, report = model_class.from_pretrained(directory, dtype=torch.float32, output_loading_info=True, **more)
    wrong = {k: v for k, v in report.items() if v}
    assert not wrong, f"{directory}: {wrong}"
    return model.eval()


def batch(model, head):
    generator = torch.Generator().manual_seed(1)
    tokens = max(LENGTHS)
    mask = (torch.arange(tokens) < torch.tensor(LENGTHS)[:, None]).long()
    ids = torch.randint(3, 60, mask.shape, generator=generator)
    inputs = {"input_ids": torch.where(mask == 1, ids, model.config.pad_token_id), "attention_mask": mask}
    if getattr(model.config, "type_vocab_size", 0) > 1:
        inputs["token_type_ids"] = (torch.arange(tokens) >= 3).long() * mask
    return inputs


@torch.no_grad()
def check(build_directory, family, head, directory, reference, folder):
    """`reference`: the same model under the names that HF gives it today."""
    model_class = getattr(hf, FAMILIES[family][0] + head)
    pooler = directory.name != "without-pooler"
    model = open_in_transformers(model_class, reference, pooler)
    inputs = batch(model, head)
    save_file(inputs, folder / "batch.safetensors")
    saved = folder / f"{directory.name}-saved"
    saved.mkdir()
    command = ["dump_text_logits", directory, folder / "batch.safetensors", folder / "out.safetensors", saved]
    run([build_directory / command[0], *command[1:]])

    ours = load_file(folder / "out.safetensors")
    choice = head == "ForMultipleChoice"
    expected = model(**({k: v[None] for k, v in inputs.items()} if choice else inputs))
    worst = 0
    for name, tensor in expected.items():
        if tensor is None:
            continue
        of_tokens = tensor.dim() >= 2 and tensor.shape[:2] == inputs["attention_mask"].shape
        difference = (tensor - ours[name]).abs()
        difference = difference[inputs["attention_mask"] == 1] if of_tokens else difference
        worst = max(worst, difference.max().item())
    assert worst < TOLERANCE, f"{directory}: outputs differ by {worst}"

    before, after = tensors_of(reference), tensors_of(saved)
    assert before.keys() == after.keys(), f"{saved}: {before.keys() ^ after.keys()}"
    for name, tensor in before.items():
        same = tensor.dtype == after[name].dtype and torch.equal(tensor, after[name])
        assert same, f"{saved}: {name} has changed, {tensor.dtype} to {after[name].dtype}"
    open_in_transformers(model_class, saved, pooler)
    config = {d: json.loads((d / "config.json").read_text()) for d in (reference, saved)}
    config[reference].pop("transformers_version", None), config[saved].pop("transformers_version", None)
    assert config[reference] == config[saved], f"{saved}: config.json has changed"
    return worst


TOKENIZER_WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film", "the", "a", "was", "##ly", "##s"]
TEXTS = ["the film was good", "a bad film", "badly", "unheard of", "the films", ""]


@torch.no_grad()
def check_verb(build_directory, folder):
    """`attune classify --json` gives HF's probabilities."""
    directory = folder / "verb"
    build("bert", "ForSequenceClassification").save_pretrained(directory)
    words = TOKENIZER_WORDS + [f"w{i}" for i in range(60 - len(TOKENIZER_WORDS))]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    hf.BertTokenizer(str(folder / "vocab.txt")).save_pretrained(directory)
    tokenizer = hf.AutoTokenizer.from_pretrained(directory)
    model = open_in_transformers(hf.BertForSequenceClassification, directory)
    text = "".join(t + "\n" for t in TEXTS)
    lines = run([build_directory / "attune", "classify", directory, "--json", "--top-k", 3], input=text.encode()).splitlines()
    assert len(lines) == len(TEXTS)
    worst = 0
    for text, line in zip(TEXTS, lines):
        expected = model(**tokenizer(text, return_tensors="pt")).logits.softmax(-1)[0]
        labels = json.loads(line)
        labels = labels["labels"] if isinstance(labels, dict) else labels
        scores = {entry["label"]: entry["score"] for entry in labels}
        for label, score in scores.items():
            worst = max(worst, abs(score - expected[model.config.label2id[label]].item()))
    assert worst < TOLERANCE, f"classify differs by {worst}"
    print(f"attune classify: {len(TEXTS)} texts, probabilities within {worst:.1e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="has attune and dump_text_logits")
    parser.add_argument("families", nargs="*", default=list(FAMILIES), help=f"of {', '.join(FAMILIES)}; all by default")
    a = parser.parse_args()
    for family in a.families:
        names, _ = FAMILIES[family]
        for head in HEADS:
            if not hasattr(hf, names + head) or (family == "xlm-roberta" and head == "ForPreTraining"):
                continue
            with tempfile.TemporaryDirectory() as name:
                folder, done, worst = Path(name), [], 0
                for directory, reference in variants(family, head, folder):
                    worst = max(worst, check(a.build, family, head, directory, reference, folder))
                    done.append(directory.name)
            print(f"{names}{head}: {', '.join(done)}: same tensors, no key out of place, outputs within {worst:.1e}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        check_verb(a.build, Path(name))


if __name__ == "__main__":
    main()
