"""Training steps of this program, PyTorch and TensorFlow in turn, beside what the machine computes at best."""


from contenders import HERE, Contender, note, race

# Name, script and arguments.
PEERS = [
    ("PyTorch eager", "torch_step.py", ["eager"]),
    ("PyTorch compile", "torch_step.py", ["compile"]),
    ("PyTorch channels_last", "torch_step.py", ["channels_last"]),
    ("PyTorch eager bf16", "torch_step.py", ["eager", "bf16"]),
    ("PyTorch compile bf16", "torch_step.py", ["compile", "bf16"]),
    ("TensorFlow", "keras_step.py", ["f32"]),
    ("TensorFlow bf16", "keras_step.py", ["bf16"]),
]
# What the others are held against; those of bfloat16 only what computes in it as well.
REFERENCES = ["PyTorch eager", "PyTorch compile", "PyTorch eager bf16", "PyTorch compile bf16"]
# What this program sets for a kind that its bench does not know by name.
SETS = {"instance": ["network.norm=instance", "color.space=rgb", "color.gray=mean"]}
SIDE = 2048  # of the matrices whose product is timed


def products(a, python, failures, loads):
    """GFLOP/s of torch.mm: by precision, then by threads."""
    contenders = [
        Contender(f"torch.mm {precision}", f"{threads} threads", [
            python, HERE / "torch_gemm.py", precision, "--threads", threads, "--side", SIDE,
        ], threads)
        for precision in ["f32", "bf16"]
        for threads in sorted({1, a.threads})
    ] if python else []
    note("products of matrices")
    rates = {}
    for contender in race(a, contenders, failures, loads):
        precision = contender.who.removeprefix("torch.mm ")
        rates.setdefault(precision, {})[contender.threads] = 2 * SIDE**3 / contender.median() / 1e9
    return rates


def product_table(rates):
    threads = sorted({count for of in rates.values() for count in of})
    lines = ["| torch.mm, GFLOP/s | " + " | ".join(f"{count} threads" for count in threads) + " |", "|---" * (1 + len(threads)) + "|"]
    for precision, of in rates.items():
        lines.append(f"| {precision} | " + " | ".join(f"{of[count]:.0f}" if count in of else "" for count in threads) + " |")
    return "\n".join(lines)


def flops(a, kind):
    """Of the convolutions of a training step: forward, and both gradients, but for that of the first layer's input."""
    scale, blocks = 16, 5
    channels, answers = (3, 3) if kind == "instance" else (1, 2)
    side = a.size + 16 * blocks
    first = side**2 * 81 * channels * scale
    rest = (side // 2) ** 2 * 9 * scale * 2 * scale + (side // 4) ** 2 * 9 * 2 * scale * 4 * scale
    inner = side // 4
    for _ in range(2 * blocks):
        inner -= 2
        rest += inner**2 * 9 * (4 * scale) ** 2
    if kind == "fusion":
        # The vector is the same at every place, so it has to be multiplied only once.
        rest += (inner**2 * 4 * scale + 2048) * 4 * scale
    rest += inner**2 * 9 * 4 * scale * 2 * scale + (2 * inner) ** 2 * 9 * 2 * scale * scale
    rest += (4 * inner) ** 2 * 81 * scale * answers
    return 2 * a.batch * (2 * first + 3 * rest)


def steps(a, build, python, failures, loads):
    """The contenders of every kind, with what their steps took."""
    arguments = ["--threads", a.threads, "--size", a.size, "--batch", a.batch]
    finished = []
    for kind in a.kinds:
        contenders = []
        for device, precision in build["devices"]:
            if kind == "instance" and precision == "bf16":
                continue  # Instance norm has none.
            who = f"colorize {device}" + (" bf16" if precision == "bf16" else "")
            sets = [f"image.size={a.size}", f"train.batch_size={a.batch}", f"train.precision={precision}"]
            served = "yuv" if kind in SETS else kind
            command = [build["step"], "--serve", served, "--device", device, "--threads", a.threads]
            for assignment in sets + SETS.get(kind, []):
                command += ["--set", assignment]
            contenders.append(Contender(who, kind, command))
        for who, script, how in PEERS if python else []:
            if not a.peers or any(word.lower() in who.lower() for word in a.peers):
                contenders.append(Contender(who, kind, [python, HERE / script, *how, "--kind", kind, *arguments]))
        note(f"steps, {kind}: {a.size}x{a.size}, batches of {a.batch}, {a.threads} threads")
        finished += race(a, contenders, failures, loads, REFERENCES)
    return finished


def step_table(a, finished, rates):
    held = [who for who in REFERENCES if any(contender.who == who for contender in finished)]
    header = ["step", "seconds", "from", "to", *(f"times {who}" for who in held), "times own YUV", "processor s", "peak memory"]
    header += ["GFLOP/s", "times the floor"]
    lines = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    number = lambda value, digits=2: "" if value is None else f"{value:.{digits}f}"
    for contender in finished:
        beside = {other.who: other for other in contender.beside}
        short = contender.who.endswith("bf16")
        against = [
            contender.ratio(beside.get(who)) if who != contender.who and (short or not who.endswith("bf16")) else None
            for who in held
        ]
        own = [o for o in finished if o.who == contender.who and o.kind == "yuv" and contender.kind != "yuv"]
        seconds = [step["seconds"] for step in contender.steps]
        reached = flops(a, contender.kind) / contender.median() / 1e9
        best = rates.get("bf16" if short else "f32", {}).get(a.threads)
        cells = [
            f"{contender.who}, {contender.kind}",
            number(contender.median(), 3),
            number(min(seconds), 3),
            number(max(seconds), 3),
            *map(number, against),
            number(contender.median() / own[0].median() if own else None),
            number(contender.median("processor_seconds")),
            f"{contender.memory / 1e9:.2f} GB",
            number(reached, 0),
            number(best / reached if best else None),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def as_json(a, finished, rates):
    """Every measurement, in the form of `colorize bench --json`."""
    for precision, of in rates.items():
        for threads, rate in of.items():
            yield {"bench": "gemm", "who": "torch.mm", "precision": precision, "threads": threads, "gflops": rate}
    for contender in finished:
        yield {
            "bench": "step",
            "who": contender.who,
            "case": f"{contender.kind} {a.size} b{a.batch}",
            "threads": a.threads,
            "size": a.size,
            "batch": a.batch,
            "steps": len(contender.steps),
            "seconds": contender.median(),
            "seconds_low": min(step["seconds"] for step in contender.steps),
            "seconds_high": max(step["seconds"] for step in contender.steps),
            "images_per_second": a.batch / contender.median(),
            "processor_seconds": contender.median("processor_seconds"),
            "memory_bytes": contender.memory,
        }
