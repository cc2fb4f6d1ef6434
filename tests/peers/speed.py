"""How fast is adjoint beside PyTorch? Measures both in turn, each row within seconds of the other, and prints tables:
training steps, single convolutions, and steps and drawing at several batch sizes, at which memory counts too.

A ratio is PyTorch's time over adjoint's, so that above 1 adjoint is faster: the median of what it is within each round.
Times and memory are medians over the rounds. All takes about an hour on two cores."""
import argparse
import datetime
import itertools
import json
import os
import pathlib
import platform
import re
import signal
import subprocess
import sys

import tables

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION = "2.13.0"
MODELS = [(model, precision, batch) for model, batch in (("autoencoder", 128), ("dcgan", 64), ("dcgan64", 64))
          for precision in ("float32", "bf16")]
BATCHES = [(model, "float32", batch)
           for model in ("generator", "generator64", "generator128", "autoencoder", "dcgan", "dcgan64")
           for batch in (1, 8, 64, 512) if (model, batch) != ("dcgan64", 512)]
SETTINGS = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "8589934592",
            "MALLOC_TOP_PAD_": "67108864", "OMP_WAIT_POLICY": "active"}  # with which PyTorch is fastest


def output_of(program, *arguments, **variables):
    words = [ROOT / "build" / program, *map(str, arguments)]
    return subprocess.run(words, env={**os.environ, **variables}, check=True, stdout=subprocess.PIPE, text=True).stdout


class PyTorch:
    """A process that measures PyTorch. It is stopped while nobody asks it, as its threads wait actively."""

    def __init__(self, threads):
        environment = {**os.environ, **SETTINGS}
        environment.pop("OPENBLAS_CORETYPE", None)
        self.process = subprocess.Popen([sys.executable, "-B", ROOT / "tests/peers/torch_times.py", str(threads)],
                                        env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.version = self.answer()["version"]

    def answer(self):
        line = self.process.stdout.readline() or sys.exit(1)  # it has said what is wrong
        self.process.send_signal(signal.SIGSTOP)
        return json.loads(line)

    def ask(self, **request):
        self.process.send_signal(signal.SIGCONT)
        print(json.dumps(request), file=self.process.stdin, flush=True)
        return self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


# ---- rows, and what is measured of each: milliseconds, and what else is known

def measured_models(rows, threads):
    for model, precision, batch in rows:
        with PyTorch(threads) as torch:  # one of its own, for its memory
            theirs = torch.ask(model=model, precision=precision, batch=batch, seconds=1.0)
        ours = json.loads(output_of("train/adjoint", "bench", "--model", model, "--precision", precision, "--json",
                                    "--batch-size", batch, "--threads", threads, "--steps", theirs["steps"]))
        yield (model, precision, batch), {"theirs": theirs["ms"], "ours": ours["step_ms_median"],
                                          "their_mb": theirs["peak_mb"], "our_mb": ours["peak_mb"],
                                          "share": ours["share_of_peak"]}


def operations():
    """The rows of tests/benchmarks: a shape and an operation each."""
    names = output_of("tests/benchmarks/adjoint_benchmarks", "--benchmark_list_tests").split()
    return [tuple(name.removesuffix("/real_time").rsplit("/", 1)) for name in names]


def measured_operations(rows, threads):
    with PyTorch(threads) as torch:
        for shape, group in itertools.groupby(rows, key=lambda row: row[0]):
            wanted = [operation for _, operation in group]
            text = output_of("tests/benchmarks/adjoint_benchmarks", f"--benchmark_filter=^{shape}/({'|'.join(wanted)})/",
                             "--benchmark_format=json", "--benchmark_repetitions=5", "--benchmark_min_time=0.05",
                             ADJOINT_THREADS=str(threads))
            medians = [result for result in json.loads(text)["benchmarks"] if result.get("aggregate_name") == "median"]
            sizes = {name: int(size) for name, size in re.findall(r"(\w+)=(\d+)", medians[0]["label"])}
            theirs = torch.ask(operations=wanted, sizes=sizes)
            for operation, ours in zip(wanted, medians):
                yield (shape, operation), {"theirs": theirs[operation], "ours": ours["real_time"],
                                           "gflop": ours["FLOP/s"] * ours["real_time"] * 1e-12}


TABLES = {"models": (lambda: MODELS, measured_models, tables.print_models),
          "operations": (operations, measured_operations, tables.print_operations),
          "batches": (lambda: BATCHES, measured_models, tables.print_batches)}


def numbers(text):
    return [int(number) for number in text.split(",")]


def parsed():
    parser = argparse.ArgumentParser(prog="tests/peers/speed", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=TABLES, help="this table alone")
    parser.add_argument("--threads", default="1,2", type=numbers, help="numbers of threads, by default 1,2")
    parser.add_argument("--filter", default="", metavar="REGEX", type=re.compile,
                        help="rows alone of which this is found in a name such as dcgan/bf16/64 or dcgan/up1/forward")
    parser.add_argument("--json", metavar="FILE", type=argparse.FileType("w"), help="write all that was measured")
    return parser.parse_args()


def heading(rounds):
    with PyTorch(1) as torch:
        if torch.version.split("+")[0] != VERSION:
            sys.exit(f"tests/peers/speed: PyTorch must be {VERSION}; {sys.executable} has {torch.version}")
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    adjoint = output_of("train/adjoint", "--version").split(",")[0]
    return (f"{processor[1] if processor else platform.machine()}, {datetime.date.today()}, {adjoint}, "
            f"PyTorch {torch.version}, rounds: {rounds}")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # and PyTorch ends too
    options = parsed()
    title = heading(options.rounds)
    print(title, flush=True)
    results = {name: {} for name in TABLES if options.only in (None, name)}
    for number, name, threads in itertools.product(range(1, options.rounds + 1), results, options.threads):
        rows, measure, _ = TABLES[name]
        chosen = [row for row in rows() if options.filter.search("/".join(map(str, row)))]
        for row, found in measure(chosen, threads) if chosen else ():
            results[name].setdefault((row, threads), []).append(found)
            print(f"round {number}, threads {threads}, {'/'.join(map(str, row))}: PyTorch {found['theirs']:.3f} ms, "
                  f"adjoint {found['ours']:.3f} ms", file=sys.stderr)
    for name, table in results.items():
        if table:
            TABLES[name][2](table)
    if options.json:
        json.dump({"title": title, "rows": [{"table": name, "row": row, "threads": threads, "rounds": rounds}
                                            for name, table in results.items()
                                            for (row, threads), rounds in table.items()]}, options.json)


if __name__ == "__main__":
    main()
