"""T5 both ways: Attune opens what Hugging Face saves, and HF opens what Attune saves of it and what it trains."""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import sentencepiece
import torch
from agreement import TOLERANCE, run
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, T5Config, T5ForConditionalGeneration

LINES, NEW_TOKENS = 24, 24
TIE = 1e-4  # nats
VERSIONS = {
    "v1_0": {},
    "v1_1": {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False, "num_decoder_layers": 1},
}


def write_tokenizer(directory, text):
    """As T5's: padding, end and unknown first; the sentinels are added by the tokenizer."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text), model_prefix=str(directory / "spiece"), vocab_size=900, model_type="unigram",
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, character_coverage=1.0, minloglevel=2,
    )  # fmt: skip
    (directory / "spiece.vocab").unlink()
    (directory / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "T5Tokenizer", "extra_ids": 100}))


def build(**config):
    """Deviations far above the usual ones, so that attention is far from uniform and the choices are clear."""
    torch.manual_seed(1)
    sizes = {"vocab_size": 1000, "d_model": 48, "d_kv": 12, "d_ff": 96, "num_layers": 2, "num_heads": 4}
    model = T5ForConditionalGeneration(T5Config(**sizes, decoder_start_token_id=0, **config))
    if config.get("tie_word_embeddings") is False:
        model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.shared.weight))
    with torch.no_grad():
        for p in model.parameters():
            p.normal_(mean=0.0 if p.dim() > 1 else 1.0, std=0.2)
        # The end is likely where a token is that the model writes often, else hardly any text would have one.
        sources = torch.randint(3, 900, (16, 20))
        written = model.eval().generate(sources, max_new_tokens=NEW_TOKENS, do_sample=False, eos_token_id=None)[:, 4:]
        output = model.get_output_embeddings().weight
        output[1] = 1.2 * output[written.flatten().mode().values]
    return model.eval()


def directories():
    for name, config in VERSIONS.items():
        yield name, lambda d, c=config: build(**c).save_pretrained(d)
    yield "float16", lambda d: build().half().save_pretrained(d)
    yield "bfloat16", lambda d: build(**VERSIONS["v1_1"]).bfloat16().save_pretrained(d)
    yield "sharded", lambda d: build().save_pretrained(d, max_shard_size="200KB")


def open_in_transformers(directory):
    model, report = AutoModelForSeq2SeqLM.from_pretrained(directory, dtype=torch.float32, output_loading_info=True)
    wrong = {k: v for k, v in report.items() if v}
    assert not wrong, f"{directory}: {wrong}"
    return model.eval(), AutoTokenizer.from_pretrained(directory)


def raw_tensors(directory):
    return {k: t for file in directory.glob("*.safetensors") for k, t in load_file(file).items()}


def check_tensors(directory, saved):
    """Every tensor bit for bit under the same name, in the type it was stored in."""
    before, after = raw_tensors(directory), raw_tensors(saved)
    assert before.keys() == after.keys(), f"{saved}: names differ: {before.keys() ^ after.keys()}"
    for name, tensor in before.items():
        same = tensor.dtype == after[name].dtype and torch.equal(tensor, after[name])
        assert same, f"{saved}: {name} has changed, {tensor.dtype} to {after[name].dtype}"
    return len(before)


def batch():
    generator = torch.Generator().manual_seed(1)
    lengths = torch.tensor([21, 5, 13, 40])
    mask = (torch.arange(40) < lengths[:, None]).long()
    target = torch.randint(3, 999, (4, 17), generator=generator)
    target[:, 0] = 0
    return {"input_ids": torch.randint(3, 999, (4, 40), generator=generator) * mask, "attention_mask": mask,
            "decoder_input_ids": target}


@torch.no_grad()
def check_logits(build_directory, directory, saved, folder):
    model, _ = open_in_transformers(directory)
    inputs = batch()
    save_file(inputs, folder / "batch.safetensors")
    run([build_directory / "dump_sequence_logits", directory, folder / "batch.safetensors", folder / "out.safetensors", saved])
    difference = (model(**inputs).logits - load_file(folder / "out.safetensors")["logits"]).abs().max().item()
    assert difference < TOLERANCE, f"{directory}: logits differ by {difference}"
    return difference


def generate(build_directory, directory, lines, beams):
    command = [build_directory / "attune", "generate", directory, "--num-beams", beams, "--max-new-tokens", NEW_TOKENS,
               "--json"]
    out = subprocess.run([str(c) for c in command], input="\n".join(lines) + "\n", text=True, check=True,
                         stdout=subprocess.PIPE).stdout
    rows = [json.loads(line) for line in out.splitlines()]
    return [row["text"] for row in rows], [row["score"] for row in rows]


@torch.no_grad()
def check_texts(build_directory, directory, lines):
    """Greedy and with four beams: the same texts, one by one, and the same scores."""
    model, tokenizer = open_in_transformers(directory)
    ended = 0
    for beams in (1, 4):
        got, our_scores = generate(build_directory, directory, lines, beams)
        assert len(got) == len(lines)
        for line, text, score in zip(lines, got, our_scores):
            out = model.generate(**tokenizer([line], return_tensors="pt", return_token_type_ids=False), num_beams=beams,
                                 max_new_tokens=NEW_TOKENS, do_sample=False, return_dict_in_generate=True, output_scores=True)
            expected = tokenizer.decode(out.sequences[0], skip_special_tokens=True, clean_up_tokenization_spaces=False)
            expected = expected.replace("\n", " ")
            if beams == 1:
                top = torch.cat(out.scores).topk(2).values
                near = (top[:, 0] - top[:, 1]).min().item() < TIE
            else:
                near = abs(score - out.sequences_scores.item()) < TIE
                assert near, f"{directory}: {line!r}: score {score}, HF {out.sequences_scores.item()}"
            assert text == expected or near, f"{directory}: {beams} beams: {line!r}: HF {expected!r}, attune {text!r}"
            ended += model.config.eos_token_id in out.sequences[0]
    return ended


def check_ids(build_directory, directory, lines):
    _, tokenizer = open_in_transformers(directory)
    out = subprocess.run([str(build_directory / "attune"), "tokenizer", "encode", str(directory)],
                         input="\n".join(lines) + "\n", text=True, check=True, stdout=subprocess.PIPE).stdout
    for line, ids in zip(lines, out.splitlines(), strict=True):
        expected = tokenizer(line)["input_ids"]
        assert ids == " ".join(map(str, expected)), f"{directory}: {line!r}: {ids}, HF {expected}"


def check_hf(build_directory, folder, text, lines):
    ends = 0
    for name, save in directories():
        directory, saved = folder / name, folder / f"{name}-saved"
        save(directory)
        write_tokenizer(directory, text)
        saved.mkdir()
        difference = check_logits(build_directory, directory, saved, folder)
        tensors = check_tensors(directory, saved)
        write_tokenizer(saved, text)
        open_in_transformers(saved)
        check_ids(build_directory, directory, lines)
        ended = check_texts(build_directory, directory, lines)
        ends += ended
        print(f"{name}: logits within {difference:.1e}, {tensors} tensors bit for bit, {len(lines)} texts greedy and with "
              f"4 beams the same, {ended} of {2 * len(lines)} with an end")
    assert ends > 0, "no text came to its end: make the end likelier"


def check_ours(build_directory, folder, text, lines):
    """What attune pre-trains and fine-tunes: new, with sentinels, and from a directory of HF's."""
    attune = build_directory / "attune"
    (folder / "text.txt").write_text("\n".join(text), encoding="utf-8")
    rows = [f"{a[:60]}\t{b[:30]}" for a, b in zip(text, text[1:]) if a.strip() and b.strip() and "\t" not in a + b]
    (folder / "pairs.tsv").write_text("\n".join(["source\ttarget", *rows[:400]]) + "\n", encoding="utf-8")
    sizes = ["--layers", 2, "--heads", 4, "--width", 64, "--tokenizer", "bpe:600"]
    for family in ("t5", "t5-v1.1"):
        run([attune, "train", "span", "--model", family, *sizes, "--train", folder / "text.txt", "--context", 64,
             "--max-steps", 40, "--out", folder / f"{family}-span"])
        run([attune, "train", "text2text", "--model", folder / f"{family}-span", "--train", folder / "pairs.tsv", "--prefix",
             "next: ", "--max-steps", 40, "--out", folder / f"{family}-tuned"])
    run([attune, "train", "text2text", "--model", folder / "v1_1", "--train", folder / "pairs.tsv", "--max-steps", 5, "--out",
         folder / "hf-tuned"])
    for name in ("t5-span", "t5-tuned", "t5-v1.1-span", "t5-v1.1-tuned", "hf-tuned"):
        directory = folder / name
        _, tokenizer = open_in_transformers(directory)
        assert tokenizer.convert_tokens_to_ids("<extra_id_0>") == len(tokenizer) - 1, name
        assert tokenizer.pad_token_id is not None and tokenizer.eos_token_id is not None
        check_ids(build_directory, directory, [*lines, "a <extra_id_0> b <extra_id_99>"])
        check_texts(build_directory, directory, lines)
        print(f"{name}: HF opens it; {len(lines)} texts have the same ids, and greedy and with 4 beams the same answers")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="has attune and dump_sequence_logits")
    parser.add_argument("--text", type=Path, required=True, help="to learn tokenizers and models from")
    a = parser.parse_args()
    text = [line for line in a.text.read_text(encoding="utf-8").split("\n") if line.strip()][:6000]
    lines = text[:LINES]
    with tempfile.TemporaryDirectory() as folder:
        check_hf(a.build, Path(folder), text, lines)
        check_ours(a.build, Path(folder), text, lines)


if __name__ == "__main__":
    main()
