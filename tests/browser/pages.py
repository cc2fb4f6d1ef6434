"""Which runs do reports show, and how does a test read a page? The arguments of the test's program: ADJOINT [--screenshots DIR]."""

import json
import math
import pathlib
import subprocess
import sys
import tempfile
import unittest

from webdriver import Browser

adjoint = pathlib.Path(sys.argv.pop(1)).resolve()
screenshots = None
if "--screenshots" in sys.argv:
    at = sys.argv.index("--screenshots")
    screenshots = pathlib.Path(sys.argv[at + 1])
    screenshots.mkdir(parents=True, exist_ok=True)
    del sys.argv[at:at + 2]

EPOCHS, STEPS, PACE = 12, 40, 2  # steps an epoch, and from point to point
PARAMETERS = 24
EVIL = "<img src=x onerror='window.harmed = true'></script><script>window.harmed = true</script>"
DATA = {"name": "mnist", "directory": "/data", "training": 55000, "validation": 5000, "test": 10000, "checksum": "1a2b3c4d"}


def loss(epoch):
    return 0.3 * math.exp(-epoch / 3) + 0.05 + 0.004 * epoch


def rate(epoch):
    return 1e-3 * 0.7 ** epoch


def shown(value):
    return float(f"{value:.5g}")


def events(epochs, last):
    """Of a run that rolled back to the epoch before its last one, and was resumed after its end."""
    event = lambda what, epoch, **numbers: {"event": what, "time": f"2026-01-31 12:00:{epoch:02}", "epoch": epoch} | numbers
    ended = [event("epoch", e, images_per_second=4000 + 50 * (e % 3)) for e in range(1, epochs + 1)]
    if not ended:
        return []
    return ended + [event("rolled back: step 123456: loss is not finite", epochs, rate_factor=0.5),
                    event("epoch", epochs, images_per_second=3210), event("resumed", epochs + 1, step=123456), event(last, epochs + 1)]


def metrics(epochs, overfit):
    batch = "overfit_" if overfit else ""
    norms = {f"weight_norm/{i}": i + 1.0 for i in range(PARAMETERS)}
    for epoch in range(1, epochs + 1):
        first = STEPS * (epoch - 1)
        for step in range(first + PACE, first + STEPS + 1, PACE):
            yield {"step": step, "epoch": epoch, f"{batch}step_loss": loss(step / STEPS), "learning_rate": rate(step / STEPS)}
        tests = {"overfit_cross_entropy": loss(epoch), "overfit_accuracy": 1 - loss(epoch)} if overfit else {
            "validation_cross_entropy": 1.5 * loss(epoch), "test_cross_entropy": 2 * loss(epoch),
            "validation_accuracy": 1 - loss(epoch), "test_accuracy": 1 - 2 * loss(epoch)}
        yield {"step": STEPS * epoch, "epoch": epoch, f"{batch}training_loss": 1.1 * loss(epoch)} | tests | {EVIL: epoch, "learning_rate": rate(epoch)} | norms


def metrics_of_old(epochs):
    """Of a program that did not count steps and knew no validation images."""
    for epoch in range(1, epochs + 1):
        yield {"epoch": epoch, "test_cross_entropy": loss(epoch), "training_loss": 1.1 * loss(epoch), "learning_rate": rate(epoch)}


def write_lines(file, lines):
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def draw(run, epoch):
    subprocess.run([adjoint, "digits", "--count", "128", "--seed", str(epoch), "--png", run / f"samples/epoch-{epoch:03}.png"],
                   check=True, stdout=subprocess.DEVNULL)


def make_run(directory, name="first", epochs=EPOCHS, overfit=False, last=f"stopped: {EVIL}", lines=None, **settings):
    run = directory / name
    (run / "samples").mkdir(parents=True)
    config = {"model": "autoencoder", "dataset": "mnist", "data": DATA, "epochs": EPOCHS, "batch_size": 128, "init": EVIL} | settings
    (run / "config.json").write_text(json.dumps(config))
    (run / "config.toml").write_text("max-steps = 9\n" + ("overfit-one-batch = true\n" if overfit else ""))
    write_lines(run / "metrics.jsonl", metrics(epochs, overfit) if lines is None else lines)
    write_lines(run / "events.jsonl", events(epochs, last))
    for epoch in range(epochs + 1):
        draw(run, epoch)
    return run


def report(run):
    subprocess.run([adjoint, "report", "--run", run], check=True, stdout=subprocess.DEVNULL)
    return run / "report.html"


class Page(unittest.TestCase):
    """Tests of pages, in a directory of their own."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = pathlib.Path(cls.temporary.name)
        cls.browser = cls.enterClassContext(Browser())
        cls.addClassCleanup(cls.temporary.cleanup)

    def setUp(self):
        self.browser.screen(1200, 900)

    def tearDown(self):
        self.assertEqual(self.browser.messages(), [])
        self.assertIsNone(self.browser.evaluate("window.harmed ?? null"))

    def texts(self, selector):
        return self.browser.evaluate(f"[...document.querySelectorAll('{selector}')].map(e => e.textContent)")

    def set_input(self, selector, value):
        self.browser.evaluate(f"(e => {{ e.value = {value}; e.dispatchEvent(new Event('input')); }})(document.querySelector('{selector}'))")

    def place(self, x, chart=0):
        """Where a step stands in a chart, at a height inside."""
        graph = f"charts[{chart}].graph"
        self.browser.evaluate(f"charts[{chart}].paper.scrollIntoView({{block: 'center'}})")
        left, top = self.browser.evaluate(f"(r => [r.left, r.top])(charts[{chart}].paper.getBoundingClientRect())")
        return left + self.browser.evaluate(f"{graph}.toDomXCoord({x})"), top + 100

    def hover(self, x, chart=0):
        self.browser.pointer(("move", *self.place(x, chart)))
        return self.texts(".dygraph-legend div")

    def drag(self, x, to):
        self.browser.pointer(("move", *self.place(x)), ("down",), ("move", *self.place((x + to) / 2)), ("move", *self.place(to)), ("up",))

    def steps(self):
        """The first and the last that a chart shows."""
        low, high = self.browser.evaluate("charts[0].graph.xAxisRange()")
        return math.ceil(low), math.floor(high)

    def photograph(self, name):
        if screenshots:
            self.browser.screenshot(screenshots / f"{name}.png")
