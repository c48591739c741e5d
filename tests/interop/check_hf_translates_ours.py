"""Hugging Face translates with what `attune train translation` saves: same ids, same translations, same scores."""

import argparse
import subprocess
import tempfile
from pathlib import Path

import torch
from agreement import run
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

ODD = ["Ξένος 外国人 😀 не", "a", "  two  spaces ", "</s> in the text"]


def train(build, train_text, out):
    shape = ["--layers", 2, "--heads", 4, "--width", 64, "--feed-forward", 128, "--context", 128]
    steps = ["--max-steps", 150, "--warmup-steps", 50, "--learning-rate", 3e-3, "--batch-tokens", 1000]
    run([build / "attune", "train", "translation", "--train", *train_text, "--tokenizer", "bpe:1000", *shape, *steps,
         "--out", out])


def translate(build, directory, lines, beams):
    command = [build / "attune", "translate", directory, "--num-beams", beams, "--print-scores", "--max-new-tokens", 40]
    output = subprocess.run([str(c) for c in command], input="\n".join(lines) + "\n", text=True, check=True,
                            stdout=subprocess.PIPE).stdout
    rows = [line.split("\t", 1) for line in output.split("\n")[:-1]]
    return [text for _, text in rows], [float(score) for score, _ in rows]


def check(build, directory, lines):
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model, report = AutoModelForSeq2SeqLM.from_pretrained(directory, output_loading_info=True)
    problems = {key: value for key, value in report.items() if value}
    assert not problems, problems
    assert tokenizer.__class__.__name__ in ("PreTrainedTokenizerFast", "TokenizersBackend"), tokenizer.__class__
    ids = [tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer.unk_token_id]
    assert None not in ids and len(set(ids)) == 4, ids
    assert model.config.decoder_start_token_id == tokenizer.bos_token_id
    batch = tokenizer(lines, padding=True, return_tensors="pt", return_token_type_ids=False)
    assert all(row[mask.bool()][-1] == tokenizer.eos_token_id
               for row, mask in zip(batch.input_ids, batch.attention_mask)), "</s> is not appended"
    for beams in (1, 4):
        with torch.no_grad():
            output = model.generate(**batch, num_beams=beams, max_new_tokens=40, do_sample=False,
                                    return_dict_in_generate=True, output_scores=True)
        expected = tokenizer.batch_decode(output.sequences, skip_special_tokens=True,
                                          clean_up_tokenization_spaces=False)
        expected = [text.replace("\n", " ") for text in expected]
        got, scores = translate(build, directory, lines, beams)
        different = [(line, e, g) for line, e, g in zip(lines, expected, got) if e != g]
        print(f"{directory}: {beams} beams, {len(lines) - len(different)} of {len(lines)} translations are the same")
        for triple in different:
            print("  ", *map(repr, triple))
        assert len(different) <= len(lines) // 50, "more than near ties explain"
        if beams > 1:
            errors = [abs(a - b) for a, b, e, g in zip(scores, output.sequences_scores.tolist(), expected, got) if e == g]
            print(f"  largest difference of scores {max(errors):.2g}")
            assert max(errors) < 1e-3


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="has attune")
    parser.add_argument("--train", type=Path, nargs=2, required=True, help="source and target, to train a tiny model")
    parser.add_argument("--input", type=Path, required=True, help="lines to translate, plain text")
    parser.add_argument("directories", type=Path, nargs="*", help="models to check instead")
    a = parser.parse_args()
    lines = a.input.read_text(encoding="utf-8").split("\n")[:50]
    lines = [line for line in lines if line.strip()] + ODD
    with tempfile.TemporaryDirectory() as folder:
        directories = a.directories
        if not directories:
            train(a.build, a.train, Path(folder) / "run")
            directories = [Path(folder) / "run"]
        for directory in directories:
            check(a.build, directory, lines)


if __name__ == "__main__":
    main()
