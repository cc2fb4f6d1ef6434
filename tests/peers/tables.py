"""Tables of what tests/peers/speed measured. Results lead from (row, threads) to what was measured, a round each."""
import statistics


def median(rounds, name):
    return statistics.median(measured[name] for measured in rounds)


def ratio(rounds):
    return statistics.median(measured["theirs"] / measured["ours"] for measured in rounds)


def print_table(title, columns, rows):
    print(f"\n{title}\n")
    for cells in (columns, ["---"] * len(columns), *rows):
        print(f"| {' | '.join(map(str, cells))} |")


def memory(rounds):
    return [f"{median(rounds, 'their_mb'):.0f} MiB", f"{median(rounds, 'our_mb'):.0f} MiB"]


def print_models(results):
    print_table("Training steps; the share is adjoint's, of the processor's peak",
                ["model", "batch", "precision", "threads", "PyTorch", "adjoint", "ratio", "share",
                 "memory: PyTorch", "adjoint"],
                [[model, batch, precision, threads, f"{median(rounds, 'theirs'):.2f} ms",
                  f"{median(rounds, 'ours'):.2f} ms", f"{ratio(rounds):.2f}", f"{median(rounds, 'share'):.0%}",
                  *memory(rounds)]
                 for ((model, precision, batch), threads), rounds in results.items()])


def print_batches(results):
    def images_a_second(batch, rounds, whose):
        return f"{1e3 * batch / median(rounds, whose):.0f}"
    print_table("Images a second, drawn by a generator or trained on",
                ["model", "batch", "threads", "PyTorch", "adjoint", "ratio", "memory: PyTorch", "adjoint"],
                [[model, batch, threads, images_a_second(batch, rounds, "theirs"),
                  images_a_second(batch, rounds, "ours"), f"{ratio(rounds):.2f}", *memory(rounds)]
                 for ((model, _, batch), threads), rounds in results.items()])


def print_operations(results):
    def gflops(rounds, whose):
        return f"{1e3 * median(rounds, 'gflop') / median(rounds, whose):.0f}"
    for threads in sorted({threads for _, threads in results}):
        rows = [(ratio(rounds), "/".join(row), rounds) for (row, on), rounds in results.items() if on == threads]
        rows.sort(key=lambda row: row[:2])
        ratios = [row[0] for row in rows]
        behind = sum(r < 0.97 for r in ratios)
        print_table(f"Convolutions in float32, threads: {threads}; geometric mean of the ratios "
                    f"{statistics.geometric_mean(ratios):.3f}, {behind} of {len(ratios)} below 0.97",
                    ["operation", "PyTorch", "adjoint", "ratio", "GF/s: PyTorch", "adjoint"],
                    [[name, f"{median(rounds, 'theirs'):.3f} ms", f"{median(rounds, 'ours'):.3f} ms", f"{r:.2f}",
                      gflops(rounds, "theirs"), gflops(rounds, "ours")] for r, name, rounds in rows])
