"""A directory as those of OPUS-MT (random weights), through every verb: same translations as HF's, also once saved."""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import sentencepiece
import torch
from agreement import run
from transformers import MarianConfig, MarianMTModel, MarianTokenizer

SENTENCES, NEW_TOKENS = 50, 40
TIE = 1e-4  # nats
GENERATION = {  # Beyond the ids.
    "num_beams": 6, "length_penalty": 0.6, "max_length": NEW_TOKENS + 1, "renormalize_logits": True,
    "transformers_version": "4.33.0.dev0",
}  # fmt: skip


def train_sentencepiece(path, text):
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text), model_prefix=str(path.with_suffix("")), vocab_size=1000, model_type="unigram",
        character_coverage=1.0, bos_id=-1, minloglevel=2,
    )  # fmt: skip
    path.with_suffix(".model").rename(path)
    path.with_suffix(".vocab").unlink()


def write_tokenizer(directory, files):
    pieces = {}
    for side, file in zip(("source", "target"), files):
        train_sentencepiece(directory / f"{side}.spm", file.read_text(encoding="utf-8").split("\n")[:5000])
        model = sentencepiece.SentencePieceProcessor(model_file=str(directory / f"{side}.spm"))
        pieces |= dict.fromkeys(model.id_to_piece(i) for i in range(model.get_piece_size()))
    tokens = ["</s>", "<unk>", *(piece for piece in pieces if piece not in ("</s>", "<unk>")), "<pad>"]
    (directory / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (directory / "tokenizer_config.json").write_text(json.dumps({"source_lang": "de", "target_lang": "en"}))
    return len(tokens)


def write_model(directory, vocabulary):
    """Weights larger than usual, so that attention is far from uniform and the choices are clear."""
    torch.manual_seed(0)
    pad = vocabulary - 1
    special = {"pad_token_id": pad, "eos_token_id": 0, "bos_token_id": 0, "decoder_start_token_id": pad}
    config = MarianConfig(
        vocab_size=vocabulary, d_model=64, encoder_layers=2, decoder_layers=2, encoder_attention_heads=8,
        decoder_attention_heads=8, encoder_ffn_dim=256, decoder_ffn_dim=256, max_position_embeddings=512,
        activation_function="swish", scale_embedding=True, static_position_embeddings=True, forced_eos_token_id=0, **special,
    )  # fmt: skip
    model = MarianMTModel(config)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "embed_positions" not in name:
                p.normal_(mean=1.0 if "norm" in name and name.endswith("weight") else 0.0, std=0.2)
        model.final_logits_bias.normal_(std=0.5)
        model.final_logits_bias[0, 0] += 5  # The end, else hardly any sentence would have one.
        model.final_logits_bias[0, pad] += 5  # What must not be generated would be.
    model.save_pretrained(directory)
    generation = {"bad_words_ids": [[pad]], "forced_eos_token_id": 0, **special, **GENERATION}
    (directory / "generation_config.json").write_text(json.dumps(generation, indent=2))


def translate(build, directory, lines, beams):
    command = [build / "attune", "translate", directory, "--print-scores"]
    if beams:  # else as generation_config.json says
        command += ["--num-beams", beams, "--max-new-tokens", NEW_TOKENS, "--length-penalty", 1]
    output = subprocess.run([str(c) for c in command], input="\n".join(lines) + "\n", text=True, check=True,
                            stdout=subprocess.PIPE).stdout  # fmt: skip
    rows = [line.split("\t", 1) for line in output.split("\n")[:-1]]
    return [text for _, text in rows], [float(score) for score, _ in rows]


@torch.no_grad()
def generate(model, tokenizer, lines, beams):
    """Texts, scores of a beam, and how narrow the narrowest choice of a greedy search is."""
    texts, scores, gaps, forced = [], [], [], 0
    for line in lines:
        asked = {"num_beams": beams, "max_new_tokens": NEW_TOKENS, "length_penalty": 1.0} if beams else {}
        out = model.generate(**tokenizer([line], return_tensors="pt"), **asked, do_sample=False,
                             return_dict_in_generate=True, output_scores=True)  # fmt: skip
        texts += tokenizer.batch_decode(out.sequences, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        forced += out.sequences.shape[1] == NEW_TOKENS + 1
        if beams == 1:
            top = torch.cat(out.scores).topk(2).values
            gaps.append((top[:, 0] - top[:, 1]).min().item())
        else:
            scores.append(out.sequences_scores.item())
    return texts, scores, gaps, forced


def compare(build, directory, lines):
    model, tokenizer = MarianMTModel.from_pretrained(directory).eval(), MarianTokenizer.from_pretrained(directory)
    for beams in (1, 4, None):
        expected, scores, gaps, forced = generate(model, tokenizer, lines, beams)
        got, our_scores = translate(build, directory, lines, beams)
        assert len(got) == len(lines)
        for i, (e, g) in enumerate(zip(expected, got)):
            near = gaps[i] < TIE if beams == 1 else abs(scores[i] - our_scores[i]) < TIE
            assert e == g or near, f"{beams} beams: {lines[i]!r}: HF {e!r}, attune {g!r}"
        same = sum(e == g for e, g in zip(expected, got))
        worst = max((abs(a - b) for a, b in zip(scores, our_scores)), default=0)
        assert worst < TIE, f"{beams} beams: scores differ by {worst}"
        search = f"{beams} beams" if beams else "as generation_config.json says"
        print(f"{directory.name}, {search}: {same} of {len(lines)} translations are the same, {forced} of them "
              f"forced to end, {len(set(expected))} different" + (f"; scores within {worst:.1e}" if scores else ""))


def check_generation_config(before, after):
    before, after = (json.loads((d / "generation_config.json").read_text()) for d in (before, after))
    for name, value in before.items():
        assert after.get(name) == value, f"generation_config.json: {name} is {after.get(name)}, was {value}"
    print(f"generation_config.json: all {len(before)} fields kept")


def first_lines(files, folder):
    """Files with as many lines as are translated."""
    for i, file in enumerate(files):
        lines = file.read_text(encoding="utf-8").split("\n")[:SENTENCES]
        (folder / f"side{i}").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [folder / f"side{i}" for i in range(len(files))]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="has attune")
    parser.add_argument("--data", type=Path, nargs=2, required=True, help="source and target, plain text")
    a = parser.parse_args()
    lines = a.data[0].read_text(encoding="utf-8").split("\n")[:SENTENCES]
    with tempfile.TemporaryDirectory() as folder:
        opus, trained = Path(folder) / "opus", Path(folder) / "trained"
        opus.mkdir()
        write_model(opus, write_tokenizer(opus, a.data))
        compare(a.build, opus, lines)
        attune = a.build / "attune"
        print(run([attune, "info", opus]).decode())
        print(run([attune, "eval", opus, "--data", *first_lines(a.data, Path(folder))]).decode())
        run([attune, "attention", opus, "--input", lines[0], "--out", Path(folder) / "attention.png"])
        assert (Path(folder) / "attention.png").read_bytes().startswith(b"\x89PNG")
        run([attune, "train", "translation", "--model", opus, "--train", *a.data, "--max-steps", 5,
             "--warmup-steps", 2, "--out", trained])
        check_generation_config(opus, trained)
        compare(a.build, trained, lines)


if __name__ == "__main__":
    main()
