"""Goldens for SentencePiece and Marian's tokenizers: `python make_sentencepiece.py` rewrites sentencepiece/ beside
this file. Made with sentencepiece 0.2.3 and transformers 5.23.

marian/             a directory as OPUS-MT's: source.spm (Unigram, nmt_nfkc) and target.spm (Unigram, identity) trained
                    on text made here, vocab.json of both with two language codes, tokenizer_config.json
marian.json         cases of {text, source, target}: ids of both sides; decoded: {ids, text}
models/*.spm        other kinds of models: bpe (pieces of two words, user-defined ones), bytes (byte fallback),
                    blanks (no dummy prefix, blanks kept), suffix (blank at the end of words), defined (Unigram with
                    user-defined and unused pieces, and equal scores); bytes and defined normalise by a few rules
                    (RULES), for the tables of NFKC are large
models.json         by name: cases of {text, ids, pieces, decoded}
"""

import json
import random
import shutil
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from transformers import MarianTokenizer

HERE = Path(__file__).parent / "sentencepiece"
SYLLABLES = {
    "source": ["ba", "ke", "lo", "tri", "sun", "mer", "eth", "ing", "é", "ü", "fi", "½", "木", "の", "ra"],
    "target": ["ра", "го", "мен", "та", "ст", "и", "ch", "ung", "ß", "ö", "le", "ка", "ще"],
}
# From and to, in hexadecimal code points, as SentencePiece's trainer reads them.
RULES = """FF21\t41
FF21 FF22\t78 79
FF21 FF22 FF23\t20
3000\t20
A0\t20 20
BD\t31 2044 32
41\t61
41 42\t20 62 20
65 301\tE9
1F600\t
2026\t2E 2E 2E
"""


def sentences(rng, side, count):
    """Sentences of made-up words, drawn by Zipf's law."""
    lexicon = ["".join(rng.choices(SYLLABLES[side], k=rng.randint(1, 4))) for _ in range(400)]
    weights = [1 / (rank + 1) for rank in range(len(lexicon))]
    marks = [" "] * 10 + [", ", " - ", "'s ", " 1984 ", " (x) "]
    lines = []
    for _ in range(count):
        words = rng.choices(lexicon, weights=weights, k=rng.randint(3, 12))
        lines.append("".join(word + rng.choice(marks) for word in words).strip() + rng.choice(".!?"))
    return lines


def odd_lines(rng):
    """Lines that a normaliser, a model or the code around them can get wrong."""
    known = sentences(rng, "source", 4) + sentences(rng, "target", 4)
    lines = [
        "", " ", "   ", "a", " a", "a ", "  a   b  ", "\t a\tb \t", "▁", "▁▁a▁ ▁b▁", "a ▁", "\u3000a\u3000\u3000b\u3000",
        "\u00a0a\u00a0\u00a0b", "a\u2003b\u2028c\u200bd\u200de\ufefff\u00adg", "\x00", "a\x00b", "\x01\x1f\x7f\x85", "\r", "a\rb",
        "ＡＢＣ", "ＡＢＡＢa", "A B AB ABC aAb AA", "ＡＢＣ　１２３！", "ﬁ ﬂ ﬀ ½ ² Ⅷ ① ㍿ ﷺ ㎏", "e\u0301 \u00e9 E\u0301 \u1e9b\u0323 o\u0308\u0304 \u0301 \u0301x",
        "ｶﾞｷﾞﾊﾟ", "가나다 \u1100\u1161\u11a8", "क़ खि த மி", "中文字符，日本語。", "مرحبا ﻻ שלום", "ก็ได้",
        "😀 👩‍👩‍👧‍👦🏳️‍🌈 🇩🇪", "\U0010ffff\ufffd\ufffe", "𝕏 𝒜 𝟘", "～ ~ ˜ – — … ‥ “x” «y» ‚z’", "a…", "........",
        "zzz qqq", "q z q", "qzq木qz", "ba qq木木qq ke", "ba" * 60, "lo tri " * 60, "x" * 300, " " * 200 + "x", "木" * 100,
        "<unk>", "a<s>b", "<0x41>", ">>", "<<", ">> <<", "<<a>>", "1984 86_64 3.14 1,000", "{[(<>)]}+-*/=", "'s S'S ''",
    ]  # fmt: skip
    return lines + known + [line.upper() for line in known[:2]] + [line.replace(" ", "  ") for line in known[2:5]]


def train(path, lines, **options):
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=str(path.with_suffix("")), minloglevel=2, num_threads=1,
        hard_vocab_limit=False, **options,
    )  # fmt: skip
    path.with_suffix("").with_suffix(".model").rename(path)
    path.with_suffix(".vocab").unlink()
    forget_training(path)


def edit(path, change):
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(path.read_bytes())
    change(model)
    path.write_bytes(model.SerializeToString())


def forget_training(path):
    def change(model):
        kept = {"model_type", "byte_fallback", "treat_whitespace_as_suffix", "unk_surface"}
        for field, _ in model.trainer_spec.ListFields():
            if field.name not in kept:
                model.trainer_spec.ClearField(field.name)
        model.normalizer_spec.ClearField("normalization_rule_tsv")

    edit(path, change)


def make_marian(rng):
    directory = HERE / "marian"
    directory.mkdir(parents=True)
    lines = {side: sentences(rng, side, 1500) for side in SYLLABLES}
    for side, rule, size in [("source", "nmt_nfkc", 300), ("target", "identity", 240)]:
        train(directory / f"{side}.spm", lines[side], model_type="unigram", vocab_size=size, bos_id=-1,
              normalization_rule_name=rule, character_coverage=0.9995)  # fmt: skip
    pieces = {}
    for side in SYLLABLES:
        spm = sentencepiece.SentencePieceProcessor(model_file=str(directory / f"{side}.spm"))
        pieces |= dict.fromkeys(spm.id_to_piece(i) for i in range(spm.get_piece_size()))
    # Some pieces are missing, as in the files of OPUS-MT, where rare ones are dropped; one surface is not a piece.
    tokens = [piece for i, piece in enumerate(pieces) if i % 17 != 5 and piece not in ("</s>", "<unk>")]
    tokens = ["</s>", "<unk>"] + tokens + [">>fr<<", ">>pt_BR<<", "qq", "<pad>"]
    (directory / "vocab.json").write_text(
        json.dumps({token: i for i, token in enumerate(tokens)}, ensure_ascii=False, indent=1) + "\n"
    )
    config = {"source_lang": "sou", "target_lang": "tar", "tokenizer_class": "MarianTokenizer"}
    (directory / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    return directory


def marian_cases(directory, rng):
    tokenizer = MarianTokenizer.from_pretrained(directory)

    def refuse(text):
        raise AssertionError("transformers calls the normalizer of punctuation: Attune must have it too")

    tokenizer.punc_normalizer = refuse
    lines = odd_lines(rng) + [
        ">>fr<< ba ke", ">>fr<<ba", ">>pt_BR<< lo", ">>xx<< lo", " >>fr<< lo", ">>fr<<", ">>fr<< >>fr<< ba", ">>a b<< c",
        "</s>", "ba</s>ke", "ba </s> ke", "</s>>>fr<< ba", "<pad>ba<unk>", "ba<pad", "<</s>>", ">>fr<</s><<",
    ]  # fmt: skip
    cases = []
    for text in lines:
        source = tokenizer(text)["input_ids"]
        target = tokenizer(text_target=text)["input_ids"]
        cases.append({"text": text, "source": source, "target": target})
    decoded = [case["target"] for case in cases] + [case["source"] for case in cases[:20]]
    for _ in range(40):
        decoded.append(rng.choices(range(len(tokenizer)), k=rng.randint(0, 20)))
    decoded = [{"ids": ids, "text": tokenizer.decode(ids, skip_special_tokens=True)} for ids in decoded]
    return {"cases": cases, "decoded": decoded}


def make_models(rng):
    directory = HERE / "models"
    directory.mkdir(parents=True)
    lines = sentences(rng, "source", 800) + sentences(rng, "target", 800)
    rules = directory / "rules.tsv"
    rules.write_text(RULES)
    train(directory / "bpe.spm", lines, model_type="bpe", vocab_size=300, normalization_rule_name="identity",
          user_defined_symbols=["木の", "<0x41>", "’s"], split_by_whitespace=False)  # fmt: skip
    train(directory / "bytes.spm", lines, model_type="unigram", vocab_size=450, normalization_rule_tsv=str(rules),
          byte_fallback=True, split_digits=True)  # fmt: skip
    train(directory / "blanks.spm", lines, model_type="unigram", vocab_size=200, normalization_rule_name="identity",
          add_dummy_prefix=False, remove_extra_whitespaces=False)  # fmt: skip
    train(directory / "suffix.spm", lines, model_type="unigram", vocab_size=200, normalization_rule_name="identity",
          treat_whitespace_as_suffix=True, allow_whitespace_only_pieces=True)  # fmt: skip
    train(directory / "defined.spm", lines, model_type="unigram", vocab_size=250, normalization_rule_tsv=str(rules),
          user_defined_symbols=["木の", "ＡＢ", "½", "ba ke", "..", "..."])  # fmt: skip
    rules.unlink()

    def mark(model):
        normal = [piece for piece in model.pieces if piece.type == piece.NORMAL and len(piece.piece) > 1]
        for piece in rng.sample(normal, 20):
            piece.type = piece.UNUSED
        if "defined" in model_name:
            for piece in normal:
                piece.score = float(round(piece.score))

    for model_name in ["bpe", "defined"]:
        edit(directory / f"{model_name}.spm", mark)
    return directory


def model_cases(path, rng):
    spm = sentencepiece.SentencePieceProcessor(model_file=str(path))
    cases = []
    for text in odd_lines(rng):
        pieces = spm.encode(text, out_type=str)
        cases.append({"text": text, "ids": spm.encode(text), "pieces": pieces, "decoded": spm.decode_pieces(pieces)})
    for _ in range(20):
        pieces = [spm.id_to_piece(i) for i in rng.choices(range(spm.get_piece_size()), k=rng.randint(1, 12))]
        cases.append({"pieces": pieces, "decoded": spm.decode_pieces(pieces)})
    return cases


def write(name, value):
    (HERE / name).write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("},{", "},\n{") + "\n")


def main():
    rng = random.Random(2018)
    shutil.rmtree(HERE, ignore_errors=True)
    write_later = {"marian.json": marian_cases(make_marian(rng), rng)}
    models = make_models(rng)
    write_later["models.json"] = {path.stem: model_cases(path, rng) for path in sorted(models.glob("*.spm"))}
    for name, value in write_later.items():
        write(name, value)


if __name__ == "__main__":
    main()
