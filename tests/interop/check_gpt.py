"""GPT both ways: Attune opens what Hugging Face saves, and HF opens what Attune saves of it and what it trains."""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import torch
from agreement import TOLERANCE, check, run
from safetensors.torch import load_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import OpenAIGPTConfig, OpenAIGPTLMHeadModel, OpenAIGPTTokenizer

ODD = ["Grüße, naïve Café — «привет» 你好世界 🙂 x²≥½", "It's 12345 o'clock;  they'll say\tso   ", "a<unk>b", "ÅÄÖ İ ẞ"]


def write_tokenizer(directory, text):
    """vocab.json and merges.txt as the first GPT has them: words in lower case that end in </w>."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    trainer = trainers.BpeTrainer(vocab_size=800, special_tokens=["<unk>"], end_of_word_suffix="</w>", show_progress=False)
    tokenizer.train_from_iterator(text, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    (directory / "vocab.json").write_text(json.dumps(model["vocab"]))
    merges = [" ".join(pair) for pair in model["merges"]]
    (directory / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n", encoding="utf-8")
    return len(model["vocab"])


def build(vocabulary):
    torch.manual_seed(0)
    config = OpenAIGPTConfig(vocab_size=vocabulary, n_positions=64, n_embd=64, n_layer=2, n_head=4)
    model = OpenAIGPTLMHeadModel(config)
    with torch.no_grad():
        for p in model.parameters():
            p.normal_(mean=1.0 if p.dim() == 1 and p.mean() > 0.5 else 0.0, std=0.2)
    return model.eval()


def open_in_transformers(directory):
    model, report = OpenAIGPTLMHeadModel.from_pretrained(directory, dtype=torch.float32, output_loading_info=True)
    wrong = {k: v for k, v in report.items() if v}
    assert not wrong, f"{directory}: {wrong}"
    return model.eval()


def raw_tensors(directory):
    return {k: t for file in directory.glob("*.safetensors") for k, t in load_file(file).items()}


def encode(build_directory, directory, lines):
    out = subprocess.run([str(build_directory / "attune"), "tokenizer", "encode", str(directory)],
                         input="\n".join(lines) + "\n", text=True, check=True, stdout=subprocess.PIPE).stdout
    return [[int(i) for i in line.split()] for line in out.splitlines()]


@torch.no_grad()
def check_generation(build_directory, directory, model, tokenizer, lines):
    for line in lines:
        ids = tokenizer(line, return_tensors="pt")["input_ids"]
        out = model.generate(ids, do_sample=False, max_new_tokens=12, pad_token_id=0, return_dict_in_generate=True,
                             output_scores=True)
        top = torch.cat(out.scores).topk(2).values
        sure = ((top[:, 0] - top[:, 1]) > TOLERANCE).int().cumprod(0).sum().item()
        command = [build_directory / "attune", "generate", directory, line, "--temperature", 0, "--max-new-tokens", sure,
                   "--ignore-eos"]
        got = run(command).decode().removesuffix("\n")
        expected = tokenizer.decode(out.sequences[0][ids.shape[1] :][:sure])
        assert got.split() == expected.split(), f"{directory}: {line!r}: HF {expected!r}, attune {got!r}"


@torch.no_grad()
def check_hf(build_directory, folder, text, lines):
    for name, dtype, sharded in (("float32", torch.float32, False), ("float16", torch.float16, False),
                                 ("bfloat16", torch.bfloat16, False), ("sharded", torch.float32, True)):
        directory, saved = folder / name, folder / f"{name}-saved"
        directory.mkdir()
        saved.mkdir()
        vocabulary = write_tokenizer(directory, text)
        build(vocabulary).to(dtype).save_pretrained(directory, **({"max_shard_size": "100KB"} if sharded else {}))
        tokenizer, model = OpenAIGPTTokenizer.from_pretrained(directory), open_in_transformers(directory)
        expected = [tokenizer(line)["input_ids"] for line in lines]
        for line, ours, theirs in zip(lines, encode(build_directory, directory, lines), expected, strict=True):
            assert ours == theirs, f"{line!r}: {ours}, HF {theirs}"
        (folder / "text.txt").write_text(lines[0], encoding="utf-8")
        run([build_directory / "dump_logits", directory, folder / "text.txt", folder / "out.safetensors", saved])
        ours = load_file(folder / "out.safetensors")["logits"]
        difference = (model(torch.tensor(expected[:1])).logits[0] - ours).abs().max().item()
        assert difference < TOLERANCE, f"{directory}: logits differ by {difference}"
        before, after = raw_tensors(directory), raw_tensors(saved)
        assert before.keys() == after.keys(), f"{saved}: names differ: {before.keys() ^ after.keys()}"
        for key, tensor in before.items():
            assert tensor.dtype == after[key].dtype and torch.equal(tensor, after[key]), f"{saved}: {key} has changed"
        open_in_transformers(saved)
        check_generation(build_directory, directory, model, tokenizer, lines[:8])
        print(f"{name}: {len(lines)} texts with the same ids, logits within {difference:.1e}, {len(before)} tensors bit for "
              "bit, 8 texts continued the same")


def check_ours(build_directory, folder, text, lines):
    """A new GPT with a tokenizer of Attune's, and the fine-tuned one with its own."""
    attune = build_directory / "attune"
    (folder / "text.txt").write_text("\n".join(text), encoding="utf-8")
    new = ["--model", "openai-gpt", "--layers", 2, "--heads", 4, "--width", 64, "--context", 64, "--tokenizer", "bpe:600"]
    run([attune, "train", "lm", *new, "--train", folder / "text.txt", "--max-steps", 40, "--out", folder / "new"])
    check(build_directory, folder / "new", [line[:40] for line in lines[:6]])
    run([attune, "train", "lm", "--model", folder / "float32", "--train", folder / "text.txt", "--max-steps", 5, "--out",
         folder / "tuned"])
    from transformers import AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder / "tuned"), open_in_transformers(folder / "tuned")
    for line, ours in zip(lines, encode(build_directory, folder / "tuned", lines), strict=True):
        assert ours == tokenizer(line)["input_ids"], f"{line!r}: {ours}, HF {tokenizer(line)['input_ids']}"
    check_generation(build_directory, folder / "tuned", model, tokenizer, lines[:8])
    print("tuned: HF opens it, with the same ids and continuations")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="has attune and dump_logits")
    parser.add_argument("--text", type=Path, required=True, help="to learn tokenizers and models from")
    a = parser.parse_args()
    text = [line for line in a.text.read_text(encoding="utf-8").split("\n") if line.strip()][:6000]
    lines = text[:40] + ODD
    with tempfile.TemporaryDirectory() as folder:
        check_hf(a.build, Path(folder), text, lines)
        check_ours(a.build, Path(folder), text, lines)


if __name__ == "__main__":
    main()
