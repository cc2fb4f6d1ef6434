"""What does a browser make of a report? Usage: report_test.py ADJOINT [--screenshots DIR]"""

import json
import math
import os
import subprocess
import time
import unittest

from pages import (EPOCHS, EVIL, PACE, PARAMETERS, STEPS, Page, adjoint, draw, events, loss, make_run, metrics, metrics_of_old, report,
                   shown, write_lines)


class Report(Page):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        run = make_run(cls.directory)
        with (run / "metrics.jsonl").open("a") as file:
            file.write('{"epoch": 13, "te')
        cls.page = report(run)

    def setUp(self):
        super().setUp()
        self.browser.open(self.page)

    def test_has_every_part(self):
        self.assertEqual(self.browser.evaluate("document.title"), "first: stopped – adjoint")
        self.assertEqual(self.texts("h1"), ["first"])
        self.assertEqual(self.texts(".state"), ["stopped"])
        self.assertEqual(self.texts("header .quiet"), ["autoencoder, 12 of 12 epochs, step 480",
                                                    "MNIST, 55,000 training, 5,000 validation, 10,000 test images, checksum 1a2b3c4d",
                                                    "Validation decides what is best; test images are only shown."])
        self.assertEqual(self.texts("h2"), ["Results", "Metrics", "Norms of gradients and weights", "Throughput and learning rate",
                                            "Samples", "Network", "Configuration", "Events"])
        self.assertEqual(self.texts("h3"), ["Loss (cross entropy)", "Accuracy", EVIL.replace("_", " "), "Weight norms", "Learning rate",
                                            "Images per second", "Autoencoder"])
        self.assertIn("178,001", self.texts("tr.total td"))
        self.assertIn(f"Line {EPOCHS * (STEPS // PACE + 1) + 1} of metrics.jsonl is damaged and left out", self.texts("li"))
        self.assertIn(EVIL, self.texts("dd"))
        self.photograph("report")

    def test_asks_for_nothing_beside_itself(self):
        self.assertEqual(self.browser.evaluate("performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length"), 0)

    def test_says_the_values_under_the_pointer(self):
        self.assertEqual(self.hover(220), ["step 220, epoch 6", f"training, step by step{shown(loss(5.5))}"])
        self.assertEqual(self.hover(480)[0], "step 480, epoch 12")

        self.browser.pointer(("move", 1, 1))
        self.assertEqual(self.texts(".dygraph-legend div"), [])

    def test_stands_still_at_the_end_of_an_epoch_that_is_near(self):
        self.assertEqual(self.hover(198), ["step 200, epoch 5", f"training, step by step{shown(loss(5))}",
                                           f"training{shown(1.1 * loss(5))}", f"validation{shown(1.5 * loss(5))}",
                                           f"test{shown(2 * loss(5))}"])
        self.assertEqual(self.hover(196)[0], "step 196, epoch 5")

    def test_draws_points_as_a_thin_line_and_epochs_as_dots(self):
        option = lambda name, series: self.browser.evaluate(f"charts[0].graph.getOption('{name}', '{series}')")
        self.assertEqual([option("drawPoints", i) for i in range(4)], [False, True, True, True])
        self.assertLess(option("strokeWidth", 0), option("strokeWidth", 1))

    def test_goes_from_place_to_place_by_the_arrow_keys(self):
        key = lambda name: self.browser.evaluate(
            f"charts[1].paper.dispatchEvent(new KeyboardEvent('keydown', {{key: 'Arrow{name}'}}))")
        for pressed, epoch in [("Left", 12), ("Right", 12), ("Left", 11), ("Left", 10), ("Right", 11)]:
            key(pressed)
            self.assertEqual(self.texts(".dygraph-legend div")[0], f"step {STEPS * epoch}, epoch {epoch}")

    def test_draws_throughput_and_learning_rate_under_their_heading(self):
        heading = "[...document.querySelectorAll('h2')].find(e => e.textContent === 'Throughput and learning rate')"
        self.assertEqual(self.browser.evaluate(f"[...{heading}.nextSibling.querySelectorAll('h3')].map(e => e.textContent)"),
                         ["Learning rate", "Images per second"])
        self.assertEqual(self.hover(120, chart=5), ["step 120, epoch 3", "images_per_second4000"])
        self.assertEqual(self.hover(480, chart=5), ["step 480, epoch 12", "images_per_second3210"])
        self.assertEqual(self.hover(120, chart=4), ["step 120, epoch 3", "learning_rate3.43e-4"])

    def test_tells_what_happened_when_but_not_that_epochs_ended(self):
        self.assertEqual(self.texts(".events time"), ["2026-01-31 12:00:12", "2026-01-31 12:00:13", "2026-01-31 12:00:13"])
        self.assertEqual(self.texts(".events div"),
                         ["rolled back: step 123456: loss is not finite epoch 12, rate factor 0.5",
                          "resumed epoch 13, step 123,456", f"stopped: {EVIL} epoch 13"])

    def test_says_which_epoch_is_best(self):
        best = min(range(1, EPOCHS + 1), key=loss)
        self.assertEqual(self.texts("thead")[0], f"Best: epoch {best}, step {STEPS * best}Last: epoch 12, step 480")
        self.assertEqual(self.texts("tbody tr")[1], f"Validation cross entropy{1.5 * loss(best):.5g}{1.5 * loss(EPOCHS):.5g}")

    def test_tells_the_norms_of_many_parameters_apart(self):
        styles = self.browser.evaluate("[...charts[3].element.querySelectorAll('.legend i')].map(e => e.getAttribute('style'))")
        self.assertEqual(len(set(styles)), PARAMETERS)

    def test_smooths_with_weights_that_add_up_to_one(self):
        self.set_input("#smoothing", 0.5)
        weights = [0.5 ** (4 - e) for e in range(1, 5)]
        mean = sum(w * 1.1 * loss(e) for w, e in zip(weights, range(1, 5))) / sum(weights)
        self.assertEqual(self.hover(160)[2], f"training{shown(mean)}")

    def test_zooms_all_charts_into_what_is_dragged_over_and_back(self):
        whole = self.steps()
        self.assertTrue(whole[0] <= PACE and whole[1] >= 480)
        self.drag(100, 300)
        low, high = self.steps()
        self.assertAlmostEqual(low, 100, delta=2)
        self.assertAlmostEqual(high, 300, delta=2)
        ranges = self.browser.evaluate("charts.map(chart => chart.graph.xAxisRange().map(Math.round).join())")
        self.assertEqual(len(set(ranges)), 1)
        self.browser.evaluate("document.querySelector('.tools button').click()")
        self.assertEqual(self.steps(), whole)
        self.assertTrue(self.browser.evaluate("document.querySelector('.tools button').disabled"))

    def test_does_not_zoom_at_a_click(self):
        x, y = self.place(90)
        self.browser.pointer(("move", x, y), ("down",), ("move", x + 6, y), ("up",))
        self.assertTrue(self.browser.evaluate("document.querySelector('.tools button').disabled"))

    def test_draws_logarithms(self):
        self.browser.evaluate("document.getElementById('logarithmic').click()")
        first, second, last = (self.browser.evaluate(f"charts[0].graph.toDomYCoord({loss(e)})") for e in (1, 2, EPOCHS))
        expected = math.log(loss(1) / loss(2)) / math.log(loss(1) / loss(EPOCHS))
        self.assertAlmostEqual((second - first) / (last - first), expected, 3)

    def test_slides_through_the_epochs(self):
        self.assertEqual(self.texts(".slider output"), ["epoch 12"])
        source = "document.querySelector('figure img').src"
        last = self.browser.evaluate(source)
        self.set_input(".epoch", 1)
        self.assertEqual(self.texts(".slider output"), ["epoch 1"])
        self.assertNotEqual(self.browser.evaluate(source), last)
        self.set_input(".epoch", 0)
        self.assertEqual(self.texts(".slider output"), ["before training"])
        self.assertEqual(self.browser.evaluate("document.querySelector('figure img').alt"), "Pictures before training")

    def test_shows_pictures_at_twice_their_size_and_enlarges_them_at_a_click(self):
        size = lambda image: self.browser.evaluate(f"(e => [e.naturalWidth, e.getBoundingClientRect().width])(document.querySelector('{image}'))")
        self.assertEqual(size("figure img"), [362, 724])
        self.browser.evaluate("document.querySelector('figure button').click()")
        natural, width = size("dialog img")
        self.assertEqual(natural, 362)
        self.assertGreaterEqual(width, 3 * 362)
        self.photograph("enlarged")
        self.browser.evaluate("document.querySelector('dialog').click()")
        self.assertEqual(self.texts("dialog"), [])

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


class Reports(Page):
    """Of other runs."""

    def test_leaves_a_gap_where_a_loss_is_not_a_number(self):
        lines = list(metrics_of_old(EPOCHS))
        lines[4]["test_cross_entropy"] = None
        self.browser.open(report(make_run(self.directory, "gap", lines=lines)))
        drawn = self.browser.evaluate(f"[...Array({EPOCHS}).keys()].map(row => Number.isFinite(charts[0].graph.getValue(row, 1)))")
        self.assertEqual(drawn, [epoch != 5 for epoch in range(1, EPOCHS + 1)])
        self.assertEqual(self.hover(5), ["epoch 5", "test–", f"training{shown(1.1 * loss(5))}"])

    def test_shows_a_run_of_old_over_epochs(self):
        self.browser.open(report(make_run(self.directory, "old", lines=metrics_of_old(EPOCHS), last="resumed", data=None)))
        self.assertEqual(self.texts("header p"), ["finished", "autoencoder, 12 of 12 epochs", "MNIST"])
        self.assertEqual(self.hover(5), ["epoch 5", f"test{shown(loss(5))}", f"training{shown(1.1 * loss(5))}"])

    def test_shows_a_run_that_has_only_begun(self):
        self.browser.open(report(make_run(self.directory, "new", epochs=0)))
        self.assertIn("No step has been recorded yet.", self.texts("p"))
        self.assertEqual(self.texts("h2"), ["Metrics", "Samples", "Network", "Configuration"])
        self.assertEqual(self.texts(".slider output"), ["before training"])

    def test_shows_what_each_image_is_taken_for(self):
        run = make_run(self.directory, "classifier", epochs=1, model="classifier")
        mistakes = [{"image": i, "label": EVIL, "predicted": "dog", "probability": 0.934} for i in range(14)]
        (run / "samples/mistakes.json").write_text(json.dumps(mistakes))
        self.browser.open(report(run))
        self.assertIn("What was taken for what after epoch 1", self.texts("h3"))
        self.assertEqual(self.texts(".tiles figcaption"), [f"{EVIL} taken for dog, 93 % sure"] * 14)

    def test_cannot_be_mistaken_when_one_batch_was_learned_by_heart(self):
        self.browser.open(report(make_run(self.directory, "heart", epochs=2, overfit=True, last="finished")))
        self.assertEqual(self.browser.evaluate("document.title"), "heart (overfit on one batch): finished – adjoint")
        self.assertEqual(self.texts("h1"), ["heart (overfit on one batch)"])
        self.assertEqual(self.texts(".banner"), ["Overfit on one batch: this run learns one batch by heart, to show that it can. "
                                                 "Its numbers say nothing about other images."])
        self.assertEqual(self.texts(".legend span")[:3], ["training, step by step", "training", "the one batch"])
        self.assertIn("the one batch that it learned by heart", self.texts("figcaption")[0])
        self.assertNotIn("Validation decides what is best; test images are only shown.", self.texts("p"))
        self.photograph("overfit")

    def test_compares_runs_in_the_same_charts(self):
        page = self.directory / "compare.html"
        runs = [make_run(self.directory, name, epochs=3, lr=lr, overfit=overfit)
                for name, lr, overfit in [("one", 0.1, False), ("two", 0.2, False), ("three", 0.2, True)]]
        subprocess.run([adjoint, "compare", *runs, "--out", page], check=True, stdout=subprocess.DEVNULL)
        self.browser.open(page)
        self.assertEqual(self.texts("h3")[:3], ["Training loss", "Validation cross entropy", "Test cross entropy"])
        self.assertIn("Overfit cross entropy", self.texts("h3"))
        self.assertEqual(self.browser.evaluate("charts[1].curves.length"), 2)
        self.assertEqual(self.browser.evaluate("[...document.querySelector('.legend').children].map(e => e.textContent)"), ["one", "two"])
        self.assertEqual(self.texts("thead th"), ["", "one", "two", "three (overfit on one batch)"])
        self.assertEqual(self.texts("tr.marked"), ["Lr0.10.20.2", "Overfit one batch––true"])
        self.assertFalse(self.browser.evaluate("document.querySelector('details').open"))
        self.assertIn("Batch size", self.texts("details dt"))
        self.assertEqual(self.hover(80)[0], "step 80")
        self.photograph("compare")


class RunningReport(Page):
    """Of a run that goes on."""

    def run_on(self, run, epochs, last="epoch"):
        """So many epochs later."""
        write_lines(run / "metrics.jsonl", metrics(epochs, False))
        write_lines(run / "events.jsonl", events(epochs, last))
        for epoch in range(epochs + 1):
            if not (run / f"samples/epoch-{epoch:03}.png").exists():
                draw(run, epoch)
        return report(run)

    def wait_for(self, expression, value, seconds=15):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.browser.evaluate(expression) != value:
            time.sleep(0.2)
        self.assertEqual(self.browser.evaluate(expression), value)

    def reload(self):
        self.browser.evaluate("window.before = true")
        self.browser.evaluate("reload()")
        self.wait_for("window.before ?? null", None)

    def test_shows_by_itself_what_was_added_until_the_run_has_finished(self):
        run = make_run(self.directory, "going", epochs=2, last="epoch")
        self.browser.open(report(run))
        self.assertEqual(self.browser.evaluate("document.title"), "going: running – adjoint")
        self.assertEqual(self.texts(".slider output"), ["epoch 2"])
        self.run_on(run, 3, "finished")
        self.wait_for("document.title", "going: finished – adjoint")
        self.assertEqual(self.texts(".slider output"), ["epoch 3"])
        self.browser.evaluate("window.before = true")
        time.sleep(11)
        self.assertTrue(self.browser.evaluate("window.before"))

    def test_keeps_what_the_reader_chose(self):
        run = make_run(self.directory, "kept", epochs=2, last="epoch")
        self.browser.open(report(run))
        self.set_input("#smoothing", 0.5)
        self.set_input(".epoch", 1)
        self.drag(10, 50)
        zoom = self.steps()
        self.browser.evaluate("document.querySelector('.slider').scrollIntoView()")
        scroll = self.browser.evaluate("scrollY")
        self.assertGreater(scroll, 500)
        self.run_on(run, 3)
        self.reload()
        self.assertEqual(self.texts(".slider output"), ["epoch 1"])
        self.assertEqual(self.steps(), zoom)
        self.assertEqual(self.browser.evaluate("[+document.getElementById('smoothing').value, scrollY]"), [0.5, scroll])

    def test_leaves_a_picture_that_is_enlarged_alone(self):
        self.browser.open(report(make_run(self.directory, "enlarged", epochs=1, last="epoch")))
        self.browser.evaluate("document.querySelector('figure button').click()")
        time.sleep(11)
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('dialog').length"), 1)

    def test_says_when_nothing_was_heard_for_long(self):
        run = make_run(self.directory, "silent", epochs=1, last="epoch")
        for minutes, lost in [(9, False), (11, True)]:
            for file in run.glob("*.json*"):
                os.utime(file, 2 * (time.time() - 60 * minutes,))
            self.browser.open(report(run))
            self.assertEqual(self.texts(".state"), ["not updated" if lost else "running"])
        self.assertRegex(self.texts(".banner")[0], r"Not updated since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d: the run may have been stopped\.")
        self.photograph("silent")


if __name__ == "__main__":
    unittest.main()
