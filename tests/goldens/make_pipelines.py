"""Goldens for tokenizer.json as a pipeline, made by Hugging Face tokenizers: `python make_pipelines.py` rewrites
pipelines/ beside this file. Made with tokenizers 0.23.3 and sentencepiece 0.2.3.

older/FAMILY  directories without tokenizer.json: vocab.txt, spiece.model, vocab.json and merges.txt
older.json   by family, encodings of texts as transformers 5.23 reads these directories
word_piece_trainer/golden.json  text, vocab_size and the tokens that WordPieceTrainer learns (min_frequency 2)
texts.json   pairs of texts
NAME.json    {tokenizer, encodings, pairs, truncated, decoded}
             tokenizer   tokenizer.json; its vocabulary is trained or written here
             encodings   text, ids, tokens, offsets in characters, word ids, and both decodings
             pairs       of every pair: also type ids and the mask of special tokens
             truncated   of some pairs: the truncation, and the windows or the error
             decoded     ids and their text, where decoding is what is tested

Where only a normalizer or a pre-tokenizer is tested, the model is a Unigram without tokens: its unknown token shows the
text that came through.
"""

import json
import random
import shutil
import tempfile
from pathlib import Path

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = Path(__file__).parent / "pipelines"

TEXTS = [
    "", " ", "Hello, world!  It's naïve\tcafé.", "  leading and trailing  ", "e\u0301A\u0323\u0302 \u0301x \u1e9b\u0323",
    "ﬁ Å ½ ² Ⅷ ① ＡＢＣ１２ ｶﾞ", "한국어 \u1112\u1161\u11ab", "👩‍👩‍👧‍👦 🏳️‍🌈🇩🇪 👍🏽❤️", "مرحبا بالعالم שָׁלוֹם",
    "中文字符,日本語。x", "a\u200bb\u200dc\u200f\ufeffd", "\x00a\x01b\x7fc\x85d\x1f", "\ue000\U000f0000 \ufffdz", "İstanbul ẞ ΑΣ ǅ",
    "\u00a0x\u3000y\u2028z\u2003", "ก็ได้ क्षि தமிழ்", "``q'' … “u” –", "3.14 x2y 1984½ ٣٤", "don't we've I'LL", "snake_case a-b --c",
    "yesterday [MASK]  [mask] x[SEP]y  <t> [MASK]", "low lower lowest newest widest", "z" * 12, "\r\n\n x\r\ny", "\u0600\u0661 \u0cc6\u0cc2 \uffff\u0378",
]
PAIRS = [
    ["Hello world", "low lower lowest"], ["", "x"], ["naïve café 中文", "don't [MASK]"],
    ["low lower lowest newest widest low low", "Hello hello hello world world it's"],
]
TRUNCATIONS = [
    {"max_length": 9, "strategy": "longest_first"}, {"max_length": 8, "strategy": "only_second", "stride": 1},
    {"max_length": 10, "strategy": "only_first", "stride": 2}, {"max_length": 7, "strategy": "longest_first", "direction": "left"},
    {"max_length": 12, "strategy": "only_second", "stride": 2, "direction": "left"},
]


def corpus(rng):
    words = ["low", "lower", "lowest", "new", "newest", "wide", "widest", "hello", "world", "the", "cat", "sat", "naive", "cafe",
             "yesterday", "it", "don", "we", "1984", "x2", "中", "文", "é", "木", "мир", "Hello", "Café", "İ"]
    return [" ".join(rng.choices(words, weights=[1 / (i + 1) for i in range(len(words))], k=12)) + rng.choice([".", ",", "!", ""])
            for _ in range(200)]


def one(encoding, pair=False):
    result = {"ids": encoding.ids, "tokens": encoding.tokens, "offsets": [list(o) for o in encoding.offsets],
              "word_ids": [-1 if w is None else w for w in encoding.word_ids]}
    if pair:
        result |= {"type_ids": encoding.type_ids, "special": encoding.special_tokens_mask,
                   "sequence_ids": [-1 if s is None else s for s in encoding.sequence_ids]}
    return result


def windows(tokenizer, pair, truncation):
    tokenizer.enable_truncation(**truncation)
    try:
        encoding = tokenizer.encode(*pair)
        return [one(e, pair=False) for e in [encoding] + encoding.overflowing]
    except BaseException:  # HF panics where a text is too short to be cut
        return None
    finally:
        tokenizer.no_truncation()


def dump(name, value):
    (HERE / f"{name}.json").write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")


def write(name, tokenizer, texts=TEXTS, pairs=False, decode=True):
    golden = {"tokenizer": json.loads(tokenizer.to_str()), "encodings": []}
    for text in texts:
        encoding = tokenizer.encode(text)
        item = {"text": text} | one(encoding)
        if not decode:
            del item["ids"], item["word_ids"]  # all unknown, and one after another
        else:
            item["decoded"] = [tokenizer.decode(encoding.ids, skip_special_tokens=skip) for skip in (False, True)]
        golden["encodings"].append(item)
    if pairs:
        golden["pairs"] = [one(tokenizer.encode(*pair), pair=True) for pair in PAIRS]
        golden["truncated"] = [{"pair": PAIRS[3], "truncation": t, "windows": windows(tokenizer, PAIRS[3], t)} for t in TRUNCATIONS]
        golden["words"] = one(tokenizer.encode(["Hello", "lowest", "", "don't"], is_pretokenized=True))
    dump(name, golden)


def probe(normalizer=None, pre_tokenizer=None):
    """A tokenizer that shows the pieces of normalised text."""
    tokenizer = Tokenizer(models.Unigram([("<unk>", 0.0)], unk_id=0, byte_fallback=False))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer or pre_tokenizers.Split(Regex("(?m:.)"), "isolated")
    return tokenizer


def small_charsmap():
    """A SentencePiece charsmap of a few rules: some for two characters, some that remove."""
    rules = {"A": "a", "é": "e", "e\u0301": "e", "½": "1/2", "™": "TM", "\u200b": "", "\u3000": " ", "\t": " ", "ﬁ": "fi", "①": "1",
             "\u0301": "", "…": "...", "x\u0301": "y"}
    with tempfile.TemporaryDirectory() as directory:
        tsv = Path(directory) / "rules.tsv"
        tsv.write_text("".join(" ".join(f"{ord(c):X}" for c in a) + "\t" + " ".join(f"{ord(c):X}" for c in b) + "\n" for a, b in rules.items()))
        text = Path(directory) / "text.txt"
        text.write_text("a b c d e f g\n" * 20)
        sentencepiece.SentencePieceTrainer.train(input=str(text), model_prefix=f"{directory}/m", vocab_size=14, hard_vocab_limit=False,
                                                 normalization_rule_tsv=str(tsv), minloglevel=2)
        from transformers.convert_slow_tokenizer import import_protobuf

        proto = import_protobuf().ModelProto()
        proto.ParseFromString(Path(f"{directory}/m.model").read_bytes())
        return proto.normalizer_spec.precompiled_charsmap


def bert(lines, lowercase, processing):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=10))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase, strip_accents=None if lowercase else False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(lines, trainers.WordPieceTrainer(vocab_size=150, special_tokens=special, show_progress=False))
    ids = {name: tokenizer.token_to_id(name) for name in special}
    if processing == "template":
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[(n, ids[n]) for n in ("[CLS]", "[SEP]")])
    else:
        tokenizer.post_processor = processors.BertProcessing(("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))
    tokenizer.decoder = decoders.WordPiece(cleanup=lowercase)
    return tokenizer


def byte_level(lines, prefix, regex=True):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tokenizer.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=330, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
                                                             initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def families(rng):
    lines = corpus(rng)
    tokenizer = bert(lines, True, "template")
    tokenizer.add_tokens([AddedToken("Yesterday", normalized=True), AddedToken("<t>", lstrip=True, rstrip=True, normalized=False),
                          AddedToken("low", single_word=True, normalized=False)])
    tokenizer.add_special_tokens([AddedToken("[MASK]", lstrip=True, normalized=False, special=True)])
    write("bert", tokenizer, pairs=True)
    write("bert_cased", bert(lines, False, "bert"), pairs=True)

    for prefix in (False, True):
        tokenizer = byte_level(lines, prefix)
        tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True, normalized=False)])
        tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=prefix)
        write("roberta_prefix" if prefix else "roberta", tokenizer, TEXTS[:5] + TEXTS[14:24] + ["a <mask> b", "<mask>  x"], pairs=True)

    tokenizer = byte_level(lines, False)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B:1", special_tokens=[("<s>", 0)])])
    write("split_byte_level", tokenizer, TEXTS[:6] + TEXTS[16:24], pairs=True)

    trainer = trainers.UnigramTrainer(vocab_size=90, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False)
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Precompiled(small_charsmap())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.train_from_iterator(lines, trainer)
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    write("t5", tokenizer, pairs=False)

    vocab = [("<unk>", 0.0), ("▁", -3.0), ("▁low", -2.5), ("er", -3.5), ("est", -3.25), ("l", -5.0), ("o", -5.0), ("w", -5.125), ("e", -5.0)]
    vocab += [(f"<0x{byte:02X}>", -9.0) for byte in range(256)]
    for scheme in ("first", "never", "always"):
        tokenizer = Tokenizer(models.Unigram(vocab, unk_id=0, byte_fallback=True))
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=scheme != "never")
        tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme=scheme), decoders.Fuse()])
        tokenizer.add_special_tokens(["[MASK]"])
        write(f"unigram_{scheme}", tokenizer, TEXTS[:8] + TEXTS[20:22])

    pieces = ["<unk>"] + [f"<0x{byte:02X}>" for byte in range(256)] + list("▁lowerstnidH,") + ["lo", "low", "▁low", "er", "es", "est", "Hello"]
    for name, options in {"llama": {}, "llama_whole": {"ignore_merges": True}}.items():
        tokenizer = Tokenizer(models.BPE({p: i for i, p in enumerate(pieces)}, [("l", "o"), ("lo", "w"), ("▁", "low"), ("e", "r"), ("e", "s"), ("es", "t")],
                                         unk_token="<unk>", fuse_unk=True, byte_fallback=True, **options))
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        if options:
            tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
        tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
        write(name, tokenizer, TEXTS[:9] + ["Hello lowest", "Hello"])

    words = ["<unk>", "l", "o", "w", "e", "r</w>", "w</w>", "lo", "low</w>", "er</w>", "t</w>", "s", "e</w>", "a</w>", ".</w>"]
    tokenizer = Tokenizer(models.BPE({p: i for i, p in enumerate(words)}, [("l", "o"), ("lo", "w</w>"), ("e", "r</w>")], unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    write("gpt", tokenizer, TEXTS[:4] + ["low lower a.", "Low"])

    words = ["<unk>", "l", "##o", "##w", "##e", "lo", "low", "##er", "##r"]
    tokenizer = Tokenizer(models.BPE({p: i for i, p in enumerate(words)}, [("l", "##o"), ("lo", "##w"), ("##e", "##r")], unk_token="<unk>", continuing_subword_prefix="##"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    write("bpe_prefix", tokenizer, ["low lower", "lol", ""])

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "low": 1, ",": 2, "Hello": 3, "newest": 4}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    write("word_level", tokenizer)


def stages():
    forms = {form: getattr(normalizers, form)() for form in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Strip")}
    forms["strip_right"] = normalizers.Strip(left=False, right=True)
    forms["bert"] = normalizers.BertNormalizer()
    forms["bert_clean"] = normalizers.BertNormalizer(handle_chinese_chars=False, lowercase=False)
    forms["replace"] = normalizers.Sequence([normalizers.Replace("``", '"'), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Replace("e", ""), normalizers.Prepend("__")])
    forms["albert"] = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Precompiled(small_charsmap())])
    forms["precompiled"] = normalizers.Precompiled(small_charsmap())
    for name, normalizer in forms.items():
        write(f"normalizer_{name}", probe(normalizer), decode=False)

    splits = {
        "whitespace": pre_tokenizers.Whitespace(), "whitespace_split": pre_tokenizers.WhitespaceSplit(), "bert": pre_tokenizers.BertPreTokenizer(),
        "digits": pre_tokenizers.Digits(), "individual_digits": pre_tokenizers.Digits(individual_digits=True), "metaspace": pre_tokenizers.Metaspace(),
        "metaspace_words": pre_tokenizers.Sequence([pre_tokenizers.Punctuation(), pre_tokenizers.Metaspace(prepend_scheme="first")]),
        "sequence": pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Punctuation("merged_with_previous")]),
    }
    for behavior in ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"):
        splits[f"punctuation_{behavior}"] = pre_tokenizers.Punctuation(behavior)
        splits[f"split_{behavior}"] = pre_tokenizers.Split(Regex(r"[a-e]+|\s"), behavior)
        splits[f"invert_{behavior}"] = pre_tokenizers.Split("l", behavior, invert=True)
    for name, pre_tokenizer in splits.items():
        write(f"pre_tokenizer_{name}", probe(None, pre_tokenizer), TEXTS[2:5] + TEXTS[15:21] + TEXTS[23:24], decode=False)

    tokens = ["a", "##b", "▁c", " .", "▁", "<0xE6>", "<0x9C>", "<0xA8>", "<0xFF>", "don", "'", "t", "n't", "do", "not", "Ġd", "é", "x</w>", "  y "]
    tokenizer = Tokenizer(models.WordLevel({t: i for i, t in enumerate(tokens)}, unk_token="a"))
    rng = random.Random(3)
    lists = [[5, 6, 7], [5, 6], [8, 5, 6, 7], [0, 1, 2, 3], [2, 4, 2], []] + [[rng.randrange(len(tokens)) for _ in range(rng.randint(1, 7))] for _ in range(20)]
    for name, decoder in {
        "none": None, "word_piece": decoders.WordPiece(), "word_piece_plain": decoders.WordPiece(cleanup=False), "metaspace": decoders.Metaspace(),
        "metaspace_never": decoders.Metaspace(prepend_scheme="never"), "byte_fallback": decoders.ByteFallback(), "fuse": decoders.Fuse(),
        "byte_level": decoders.ByteLevel(), "bpe": decoders.BPEDecoder(),
        "sequence": decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 2)]),
        "strip": decoders.Strip(" ", 2, 1), "replace": decoders.Replace(Regex("[a-d]"), "_"),
    }.items():
        if decoder is not None:
            tokenizer.decoder = decoder
        cases = []
        for ids in lists:
            try:
                cases.append({"ids": ids, "text": tokenizer.decode(ids)})
            except BaseException:  # HF panics without tokens, and at an empty one
                continue
        dump(f"decoder_{name}", {"tokenizer": json.loads(tokenizer.to_str()), "encodings": [], "decoded": cases})


def train_spiece(directory, lines, **options):
    rules = directory / "rules.tsv"
    rules.write_text("41\t61\nBD\t31 2F 32\n")
    text = directory / "text.txt"
    text.write_text("\n".join(lines) + "\n")
    sentencepiece.SentencePieceTrainer.train(input=str(text), model_prefix=str(directory / "spiece"), vocab_size=80, hard_vocab_limit=False,
                                             normalization_rule_tsv=str(rules), minloglevel=2, **options)
    for name in ("rules.tsv", "text.txt", "spiece.vocab"):
        (directory / name).unlink()


def older(rng):
    import transformers

    lines = corpus(rng)
    directories = {}
    for name in ("bert", "bert_cased", "t5", "albert", "gpt2", "roberta", "gpt"):
        directories[name] = HERE / "older" / name
        directories[name].mkdir(parents=True)
    vocab = json.loads(bert(lines, True, "template").to_str())["model"]["vocab"]
    for name in ("bert", "bert_cased"):
        (directories[name] / "vocab.txt").write_text("".join(token + "\n" for token in sorted(vocab, key=vocab.get)))
    settings = {"do_lower_case": False, "strip_accents": True, "tokenize_chinese_chars": False}
    (directories["bert_cased"] / "tokenizer_config.json").write_text(json.dumps(settings) + "\n")
    train_spiece(directories["t5"], lines, pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    (directories["t5"] / "tokenizer_config.json").write_text(json.dumps({"extra_ids": 5}) + "\n")
    train_spiece(directories["albert"], lines, pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols=["[CLS]", "[SEP]", "[MASK]"],
                 user_defined_symbols=["(", "."])
    for name, prefix in {"gpt2": False, "roberta": True}.items():
        model = json.loads(byte_level(lines, prefix).to_str())["model"]
        if name == "gpt2":
            for token in ("<s>", "</s>", "<mask>", "<pad>", "<unk>"):
                del model["vocab"][token]
            model["vocab"]["<|endoftext|>"] = 0
        (directories[name] / "vocab.json").write_text(json.dumps(model["vocab"], separators=(",", ":")))
        (directories[name] / "merges.txt").write_text("#version: 0.2\n" + "".join(" ".join(merge) + "\n" for merge in model["merges"]))
    (directories["roberta"] / "tokenizer_config.json").write_text(json.dumps({"add_prefix_space": True, "mask_token": {
        "content": "<mask>", "lstrip": True, "rstrip": False, "single_word": False, "normalized": False, "__type": "AddedToken"}}) + "\n")
    pieces = ["<unk>", "l", "o", "w", "e", "r</w>", "w</w>", "lo", "low</w>", "er</w>", "t</w>", "s", "e</w>", "a</w>", ".</w>"]
    (directories["gpt"] / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(pieces)}))
    (directories["gpt"] / "merges.txt").write_text("#version: 0.2\nl o\nlo w</w>\ne r</w>\n")

    classes = {"bert": transformers.BertTokenizer, "bert_cased": transformers.BertTokenizer, "t5": transformers.T5Tokenizer,
               "albert": transformers.AlbertTokenizer, "gpt2": transformers.GPT2Tokenizer, "roberta": transformers.RobertaTokenizer,
               "gpt": transformers.OpenAIGPTTokenizer}
    golden = {}
    for name, directory in directories.items():
        tokenizer = classes[name].from_pretrained(directory).backend_tokenizer
        golden[name] = []
        for text in TEXTS[2:6] + TEXTS[16:22] + ["low <mask>  (lower). <extra_id_1>x"]:
            encoding = tokenizer.encode(text)
            golden[name].append({"text": text} | one(encoding) | {"decoded": [tokenizer.decode(encoding.ids, skip_special_tokens=skip) for skip in (False, True)]})
    dump("older", golden)


def word_piece_training(rng):
    """Words that begin one another, of letters that no other family has: no two pairs are equally frequent."""
    words = [word[:length] for word in ("networks", "chalip", "дужба", "mfüy") for length in range(1, len(word) + 1)]
    counts = rng.sample(range(3, 60), len(words))
    drawn = [word for word, count in zip(words, counts) for _ in range(count)]
    rng.shuffle(drawn)
    text = " ".join(drawn)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator([text], trainers.WordPieceTrainer(vocab_size=62, min_frequency=2, special_tokens=special, show_progress=False))
    (HERE / "word_piece_trainer").mkdir()
    dump("word_piece_trainer/golden", {"text": text, "vocab_size": 62, "tokens": sorted(tokenizer.get_vocab())})


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    dump("texts", {"pairs": PAIRS})
    families(random.Random(20260601))
    stages()
    older(random.Random(7))
    word_piece_training(random.Random(11))


if __name__ == "__main__":
    main()
