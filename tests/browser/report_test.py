"""What does a browser make of a report? Usage: report_test.py ADJOINT [--screenshots DIR]"""

import json
import math
import pathlib
import subprocess
import sys
import tempfile
import unittest

from webdriver import Browser

EPOCHS = 12
PARAMETERS = 24
EVIL = "<img src=x onerror='window.harmed = true'></script><script>window.harmed = true</script>"


def loss(epoch):
    return 0.3 * math.exp(-epoch / 3) + 0.05 + 0.01 * (epoch % 2)


def rate(epoch):
    return 1e-3 * 0.7 ** epoch


def events(epochs):
    """Of a run that rolled back to the epoch before its last one, was resumed after its end, and stopped."""
    event = lambda what, epoch, **numbers: {"event": what, "time": f"2026-01-31 12:00:{epoch:02}", "epoch": epoch} | numbers
    ended = [event("epoch", e, images_per_second=4000 + 50 * (e % 3)) for e in range(1, epochs + 1)]
    if not ended:
        return []
    return ended + [event("rolled back: step 123456: loss is not finite", epochs, rate_factor=0.5),
                    event("epoch", epochs, images_per_second=3210), event("resumed", epochs + 1, step=123456),
                    event(f"stopped: {EVIL}", epochs + 1)]


def make_run(directory, name="first", model="autoencoder", epochs=EPOCHS):
    run = directory / name
    (run / "samples").mkdir(parents=True)
    config = {"model": model, "dataset": "digits", "epochs": EPOCHS, "batch_size": 128, "learning_rate": 1e-3, "seed": 1, "init": EVIL}
    (run / "config.json").write_text(json.dumps(config))
    (run / "config.toml").write_text("max-steps = 9\n")
    lines = [{"epoch": e, "test_cross_entropy": loss(e), "test_mse": loss(e) / 4, "learning_rate": rate(e),
              EVIL: e} | {f"weight_norm/{i}": i + e / 10 for i in range(PARAMETERS)} for e in range(1, epochs + 1)]
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"epoch": 13, "te')
    (run / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in events(epochs)))
    for epoch in range(1, epochs + 1):
        subprocess.run([adjoint, "digits", "--count", "128", "--seed", str(epoch), "--png", run / f"samples/epoch-{epoch:03}.png"],
                       check=True, stdout=subprocess.DEVNULL)
    return run


def report(run):
    subprocess.run([adjoint, "report", "--run", run], check=True, stdout=subprocess.DEVNULL)
    return run / "report.html"


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = pathlib.Path(cls.temporary.name)
        cls.page = report(make_run(cls.directory))
        cls.browser = cls.enterClassContext(Browser())
        cls.addClassCleanup(cls.temporary.cleanup)

    def setUp(self):
        self.browser.screen(1200, 900)
        self.browser.open(self.page)

    def tearDown(self):
        self.assertEqual(self.browser.messages(), [])
        self.assertIsNone(self.browser.evaluate("window.harmed ?? null"))

    def texts(self, selector):
        return self.browser.evaluate(f"[...document.querySelectorAll('{selector}')].map(e => e.textContent)")

    def set_input(self, selector, value):
        self.browser.evaluate(f"(e => {{ e.value = {value}; e.dispatchEvent(new Event('input')); }})(document.querySelector('{selector}'))")

    def place(self, epoch, chart=0):
        """Where an epoch stands in a chart, at a height inside."""
        graph = f"charts[{chart}].graph"
        self.browser.evaluate(f"charts[{chart}].paper.scrollIntoView({{block: 'center'}})")
        left, top = self.browser.evaluate(f"(r => [r.left, r.top])(charts[{chart}].paper.getBoundingClientRect())")
        return left + self.browser.evaluate(f"{graph}.toDomXCoord({epoch})"), top + 100

    def hover(self, epoch, chart=0):
        self.browser.pointer(("move", *self.place(epoch, chart)))
        return self.texts(".dygraph-legend div")

    def epochs(self):
        """The first and the last that a chart shows."""
        low, high = self.browser.evaluate("charts[0].graph.xAxisRange()")
        return math.ceil(low), math.floor(high)

    def test_has_every_part(self):
        self.assertEqual(self.texts("h1"), ["first"])
        self.assertEqual(self.texts("h1 + p"), ["autoencoder on digits, 12 of 12 epochs"])
        self.assertEqual(self.texts("h2"), ["Losses", "Norms of gradients and weights", "Throughput and learning rate", "Samples",
                                            "Network", "Configuration", "Events"])
        self.assertEqual(self.texts("h3"), ["Test cross entropy", "Test mse", EVIL.replace("_", " "), "Weight norm", "Images per second",
                                            "Learning rate", "Autoencoder"])
        self.assertIn("178,001", self.texts("tr.total td"))
        self.assertIn("Line 13 of metrics.jsonl is damaged and left out", self.texts("li"))
        self.assertIn(EVIL, self.texts("dd"))

    def test_asks_for_nothing_beside_itself(self):
        self.assertEqual(self.browser.evaluate("performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length"), 0)

    def test_says_the_values_under_the_pointer(self):
        self.assertEqual(self.hover(5), ["epoch 5", f"test_cross_entropy{float(f'{loss(5):.5g}')}"])
        self.assertEqual(self.hover(12)[0], "epoch 12")

        self.browser.pointer(("move", 1, 1))
        self.assertEqual(self.texts(".dygraph-legend div"), [])

    def test_goes_from_epoch_to_epoch_by_the_arrow_keys(self):
        key = lambda name: self.browser.evaluate(
            f"charts[0].paper.dispatchEvent(new KeyboardEvent('keydown', {{key: 'Arrow{name}'}}))")
        for pressed, epoch in [("Left", 12), ("Right", 12), ("Left", 11), ("Left", 10), ("Right", 11)]:
            key(pressed)
            self.assertEqual(self.texts(".dygraph-legend div")[0], f"epoch {epoch}")

    def test_draws_throughput_and_learning_rate_under_their_heading(self):
        heading = "[...document.querySelectorAll('h2')].find(e => e.textContent === 'Throughput and learning rate')"
        self.assertEqual(self.browser.evaluate(f"[...{heading}.nextSibling.querySelectorAll('h3')].map(e => e.textContent)"),
                         ["Images per second", "Learning rate"])
        self.assertEqual(self.hover(3, chart=4), ["epoch 3", "images_per_second4000"])
        self.assertEqual(self.hover(12, chart=4), ["epoch 12", "images_per_second3210"])
        self.assertEqual(self.hover(3, chart=5), ["epoch 3", "learning_rate3.43e-4"])

    def test_tells_what_happened_when_but_not_that_epochs_ended(self):
        self.assertEqual(self.texts(".events time"), ["2026-01-31 12:00:12", "2026-01-31 12:00:13", "2026-01-31 12:00:13"])
        self.assertEqual(self.texts(".events div"),
                         ["rolled back: step 123456: loss is not finite epoch 12, rate factor 0.5",
                          "resumed epoch 13, step 123456", f"stopped: {EVIL} epoch 13"])

    def test_remarks_where_a_loss_is_best(self):
        best = min(range(1, EPOCHS + 1), key=loss)
        self.assertIn(f"Test cross entropy is best in epoch {best}: {float(f'{loss(best):.5g}')}", self.texts("li"))

    def test_leaves_a_gap_where_a_loss_is_not_a_number(self):
        run = make_run(self.directory, "lost")
        lines = (run / "metrics.jsonl").read_text().splitlines()
        lines[4] = json.dumps(json.loads(lines[4]) | {"test_cross_entropy": None})
        (run / "metrics.jsonl").write_text("\n".join(lines) + "\n")
        self.browser.open(report(run))
        drawn = self.browser.evaluate(f"[...Array({EPOCHS}).keys()].map(row => charts[0].graph.getValue(row, 1) !== null)")
        self.assertEqual(drawn, [epoch != 5 for epoch in range(1, EPOCHS + 1)])
        self.assertEqual(self.hover(5), ["epoch 5", "test_cross_entropy–"])
        self.assertIn("Test cross entropy is not a number in epoch 5", self.texts("li"))

    def test_tells_the_norms_of_many_parameters_apart(self):
        styles = self.browser.evaluate("[...document.querySelectorAll('.legend i')].map(e => e.getAttribute('style'))")
        self.assertEqual(len(set(styles)), PARAMETERS)

    def test_smooths_with_weights_that_add_up_to_one(self):
        self.set_input("#smoothing", 0.5)
        weights = [0.5 ** (4 - e) for e in range(1, 5)]
        mean = sum(w * loss(e) for w, e in zip(weights, range(1, 5))) / sum(weights)
        self.assertEqual(self.hover(4)[1], f"test_cross_entropy{float(f'{mean:.5g}')}")

    def test_zooms_all_charts_into_what_is_dragged_over_and_back(self):
        whole = self.epochs()
        self.assertEqual(whole, (1, EPOCHS))
        self.browser.pointer(("move", *self.place(3.5)), ("down",), ("move", *self.place(5)), ("move", *self.place(7.5)), ("up",))
        self.assertEqual(self.epochs(), (4, 7))
        ranges = self.browser.evaluate("charts.map(chart => chart.graph.xAxisRange().map(Math.round).join())")
        self.assertEqual(len(set(ranges)), 1)
        self.browser.evaluate("document.querySelector('button').click()")
        self.assertEqual(self.epochs(), whole)
        self.assertTrue(self.browser.evaluate("document.querySelector('button').disabled"))

    def test_does_not_zoom_at_a_click(self):
        x, y = self.place(3)
        self.browser.pointer(("move", x, y), ("down",), ("move", x + 6, y), ("up",))
        self.assertTrue(self.browser.evaluate("document.querySelector('button').disabled"))

    def test_draws_logarithms(self):
        self.browser.evaluate("document.getElementById('logarithmic').click()")
        first, second, last = (self.browser.evaluate(f"charts[0].graph.toDomYCoord({loss(e)})") for e in (1, 2, EPOCHS))
        expected = math.log(loss(1) / loss(2)) / math.log(loss(1) / loss(EPOCHS))
        self.assertAlmostEqual((second - first) / (last - first), expected, 3)

    def test_slides_through_the_epochs(self):
        self.assertEqual(self.texts(".slider output"), ["epoch 12"])
        source = "document.querySelector('figure img').src"
        last = self.browser.evaluate(source)
        self.set_input(".epoch", 0)
        self.assertEqual(self.texts(".slider output"), ["epoch 1"])
        self.assertNotEqual(self.browser.evaluate(source), last)
        self.assertEqual(self.browser.evaluate("document.querySelector('figure img').naturalWidth"), 362)

    def test_fits_a_phone(self):
        self.browser.screen(390, 844)
        self.browser.open(self.page)
        self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), 390)
        self.photograph("phone")

    def test_is_dark_where_the_reader_likes_it_dark(self):
        background = "getComputedStyle(document.body).backgroundColor"
        self.assertEqual(self.browser.evaluate(background), "rgb(255, 255, 255)")
        self.browser.screen(1200, 900, dark=True)
        self.assertEqual(self.browser.evaluate(background), "rgb(21, 23, 26)")
        self.photograph("dark")

    def test_shows_a_run_that_has_only_begun(self):
        self.browser.open(report(make_run(self.directory, "new", epochs=0)))
        self.assertIn("No epoch has ended yet.", self.texts("p"))
        self.assertEqual(self.texts("h2"), ["Losses", "Network", "Configuration", "Events"])

    def test_compares_runs_in_the_same_charts(self):
        page = self.directory / "compare.html"
        runs = [make_run(self.directory, name, epochs=3) for name in ("one", "two")]
        subprocess.run([adjoint, "compare", *runs, "--out", page], check=True, stdout=subprocess.DEVNULL)
        self.browser.open(page)
        self.assertEqual(self.browser.evaluate("charts[0].curves.length"), 2)
        self.assertEqual(self.browser.evaluate("[...document.querySelector('.legend').children].map(e => e.textContent)"), ["one", "two"])
        self.photograph("compare")

    def photograph(self, name):
        if screenshots:
            self.browser.screenshot(screenshots / f"{name}.png")


if __name__ == "__main__":
    adjoint = pathlib.Path(sys.argv.pop(1)).resolve()
    screenshots = None
    if "--screenshots" in sys.argv:
        at = sys.argv.index("--screenshots")
        screenshots = pathlib.Path(sys.argv[at + 1])
        screenshots.mkdir(parents=True, exist_ok=True)
        del sys.argv[at:at + 2]
    unittest.main()
