"""Times PyTorch on so many threads:

    python torch_times.py THREADS

says its version, then answers requests, each a line of JSON:
    {"model": "dcgan", "precision": "bf16", "batch": 64, "seconds": 1}     {"ms": 20.1, "steps": 50, "peak_mb": 400}
    {"operations": ["forward"], "sizes": {"N": 16, …, "groups": 1}}        {"forward": 3.2}
Of a convolution the layout of images counts that is faster: contiguous or channels_last."""
import json
import math
import resource
import statistics
import sys
import time

try:
    import torch
except ImportError as error:
    sys.exit(f"tests/peers/speed: {sys.executable} cannot import PyTorch: {error}")
from torch.nn import functional as F

from torch_models import step_of


def seconds_of(work, times=1):
    begin = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - begin) / times


def measured_model(model, precision, batch, seconds):
    """The median of steps that take so many seconds, at least of three, after three of warm-up."""
    step, took = step_of(model, batch, precision), []
    seconds_of(step, 3)
    while len(took) < 3 or sum(took) < seconds:
        took.append(seconds_of(step))
    return {"ms": 1e3 * statistics.median(took), "steps": len(took),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def best_milliseconds(work):
    """The median of five means, each over 0.05 s, as Google Benchmark is asked for."""
    times = max(1, math.ceil(0.05 / min(seconds_of(work), seconds_of(work))))
    return 1e3 * statistics.median(seconds_of(work, times) for _ in range(5))


def measured_operations(operations, sizes):
    n, h, w, c, k, l, o, stride, padding, dilation, groups = (
        sizes[name] for name in "N H W C K L O stride padding dilation groups".split())
    best = {}
    for layout in (torch.contiguous_format, torch.channels_last):
        x = torch.randn(n, c, h, w).to(memory_format=layout)
        weight = torch.randn(o, c // groups, k, l).to(memory_format=layout)
        g = torch.randn_like(F.conv2d(x, weight, None, stride, padding, dilation, groups))

        def gradient(*wanted):
            return torch.ops.aten.convolution_backward(g, x, weight, None, [stride] * 2, [padding] * 2, [dilation] * 2,
                                                       False, [0, 0], groups, wanted)
        works = {"forward": lambda: F.conv2d(x, weight, None, stride, padding, dilation, groups),
                 "input_gradient": lambda: gradient(True, False, False),
                 "weight_gradient": lambda: gradient(False, True, False)}
        with torch.inference_mode():
            for operation in operations:
                best[operation] = min(best.get(operation, math.inf), best_milliseconds(works[operation]))
    return best


def main():
    torch.set_num_threads(int(sys.argv[1]))
    print(json.dumps({"version": torch.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        answer = measured_model(**request) if "model" in request else measured_operations(**request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
