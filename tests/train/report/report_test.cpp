// Truths about a run's report: all that lies in the directory is in it, nothing that lies there can break it, and it
// needs no other file. What a browser makes of it is tested by tests/browser/run.
#include "train/report/report.h"

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sys/stat.h>

#include "datasets/read_file.h"
#include "framework/tensor/random.h"
#include "models/autoencoder.h"
#include "tests/support/npy_files.h"
#include "tests/support/program.h"
#include "tests/support/project.h"
#include "tests/support/values.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// The bytes of a data URI of a PNG file, by the definition of base64: six bits a digit.
std::string decoded(const std::string& uri) {
    const std::string start = "data:image/png;base64,";
    EXPECT_TRUE(uri.starts_with(start)) << uri.substr(0, 40);
    const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned bits = 0, count = 0;
    for (std::size_t i = start.size(); i < uri.size() && uri[i] != '='; ++i) {
        bits = bits << 6 | static_cast<unsigned>(digits.find(uri[i]));
        count += 6;
        if (count >= 8) bytes += static_cast<char>(bits >> (count -= 8));
    }
    return bytes;
}

class Report : public ProgramTest {
  protected:
    RunDirectory make(const std::string& name,
                      const RunRecord& record = {.model = "autoencoder", .data = {.name = "digits"}}) const {
        return RunDirectory::create(directory_ / name, record, false);
    }
    /// What the page's script reads.
    static Json page(const std::string& text) {
        const std::string begin = "<script type=\"application/json\" id=\"data\">";
        const std::size_t from = text.find(begin) + begin.size();
        return Json::parse(text.substr(from, text.find("</script>", from) - from));
    }
    static Json data(const RunDirectory& run) { return page(report_of({run})).at("runs").at(0); }
};

TEST_F(Report, HoldsEveryNumberOfTheMetrics) {
    const RunDirectory run = make("first");
    run.log_metrics({.steps = 4, .epoch = 1}, {{"test_mse", 0.1 + 0.2}, {"other", 2.0}});
    run.log_metrics({.steps = 8, .epoch = 2}, {{"test_mse", 1e-9}, {"other", std::nan("")}});
    const Json charts = page(report_of({run})).at("charts").at("headings").at(0).at("charts");
    EXPECT_EQ(charts.at(0).at("curves").at(0).at("points"), (Json{{4.0, 0.1 + 0.2}, {8.0, 1e-9}}));
    EXPECT_EQ(charts.at(1).at("curves").at(0).at("points"), (Json{{4.0, 2.0}, {8.0, nullptr}}));
    EXPECT_EQ(data(run).at("caption"), "Test images in odd rows, and below each what the network draws of it.");
}

TEST_F(Report, HoldsWhatHappenedInItsOrderButNotThatEpochsEnded) {
    const RunDirectory run = make("first");
    run.log_event("resumed", 2, {{"step", 1200}});
    run.log_event("epoch", 2, {});
    run.log_event("rolled back: it was lost", 1, {{"rate_factor", 0.5}});
    Json events = data(run).at("events");
    for (Json& event : events) EXPECT_EQ(event.erase("time"), 1u);
    EXPECT_EQ(events, (Json{{{"event", "resumed"}, {"numbers", "epoch 2, step 1200"}},
                            {{"event", "rolled back: it was lost"}, {"numbers", "epoch 1, rate factor 0.5"}}}));
}

TEST_F(Report, HoldsThePicturesThemselves) {
    const RunDirectory run = make("first");
    for (const char* name : {"epoch-002", "epoch-010", "epoch-001", "seed-7"}) {
        write_png(run.sample(name), Random(std::hash<std::string>{}(name)).uniform({5, 9, 1}));
    }
    write_bytes(run.path() / "samples/notes.txt", "no picture");
    const Json page = data(run);
    ASSERT_EQ(page.at("epochs").size(), 3u);
    for (const auto& [i, epoch] : {std::pair(0, 1), {1, 2}, {2, 10}}) {
        EXPECT_EQ(page.at("epochs")[i].at("epoch"), epoch);
        EXPECT_EQ(decoded(page.at("epochs")[i].at("image")), read_file(run.sample(fmt::format("epoch-{:03}", epoch))));
    }
    ASSERT_EQ(page.at("pictures").size(), 1u);
    EXPECT_EQ(page.at("pictures")[0].at("name"), "seed-7");
    EXPECT_EQ(decoded(page.at("pictures")[0].at("image")), read_file(run.sample("seed-7")));
}

TEST_F(Report, OfALongRunHoldsFiftyEpochsWithTheFirstAndTheLast) {
    const RunDirectory run = make("long");
    for (int epoch = 1; epoch <= 120; ++epoch)
        write_png(run.sample(fmt::format("epoch-{:03}", epoch)), Tensor::zeros({1, 1, 1}));
    const Json page = data(run), &epochs = page.at("epochs");
    ASSERT_EQ(epochs.size(), 50u);
    EXPECT_EQ(epochs.front().at("epoch"), 1);
    EXPECT_EQ(epochs.back().at("epoch"), 120);
    for (std::size_t i = 1; i < epochs.size(); ++i) {
        const int step = epochs[i].at("epoch").get<int>() - epochs[i - 1].at("epoch").get<int>();
        EXPECT_TRUE(step == 2 || step == 3) << step;
    }
    EXPECT_TRUE(page.at("caption").get<std::string>().ends_with(" 70 of the epochs between are left out here."));
}

TEST_F(Report, HoldsTheNetworkAndTheFiltersAtThePixels) {
    const RunDirectory run = make("first");
    const Autoencoder model(Random(1));
    run.save_weights(run.weights(), model.states());
    const Json page = data(run);
    ASSERT_EQ(page.at("networks").size(), 1u);
    EXPECT_EQ(page.at("networks")[0].at("title"), "Autoencoder");
    const Json& layers = page.at("networks")[0].at("rows");
    ASSERT_EQ(layers.size(), 8u);
    EXPECT_EQ(layers[0].at("cells"),
              (Json{"encoder.down1", "Conv2D", "1 × 28 × 28 × 1", "1 × 14 × 14 × 32", "320", "112,896"}));
    EXPECT_EQ(layers[7].at("cells")[4], "178,001");
    ASSERT_EQ(page.at("filters").size(), 2u);
    EXPECT_EQ(page.at("filters")[0].at("name"), "decoder.up3.weight");
    EXPECT_EQ(page.at("filters")[1].at("name"), "encoder.down1.weight");
    write_bytes(directory_ / "filters.png", decoded(page.at("filters")[1].at("image")));
    const Tensor shown = filter_picture(model.parameters()[0].state.value());
    expect_equal(read_image(directory_ / "filters.png", 1), shown, 0.5 / 255 + 1e-6);
}

TEST_F(Report, OfARunThatHasOnlyBegunIsAPageAllTheSame) {
    const Json part = data(make("new"));
    for (const char* list : {"events", "epochs", "pictures", "mistakes", "filters", "problems", "results"})
        EXPECT_TRUE(part.at(list).empty()) << list;
    const RunDirectory run = make("without samples", {.model = "of another time"});
    fs::remove_all(run.path() / "samples");
    EXPECT_TRUE(data(run).at("networks").empty());
}

TEST_F(Report, LeavesOutDamagedWeightsAndMistakesAndSaysSo) {
    const RunDirectory run = make("cut");
    run.save_weights(run.weights(), {{"x", State(Tensor())}});
    write_bytes(run.weights(), read_file(run.weights()).substr(0, 20));
    const std::string wrong = "samples/mistakes.json is damaged and left out";
    for (const char* text : {"[{", "{}", "[1]", R"([{"label":"1"}])"}) {
        write_bytes(run.samples() / "mistakes.json", text);
        const Json part = data(run);
        EXPECT_TRUE(part.at("mistakes").empty());
        ASSERT_EQ(part.at("problems").size(), 2u);
        EXPECT_EQ(part.at("problems")[0], wrong) << text;
        EXPECT_NE(part.at("problems")[1].get<std::string>().find("weights.safetensors"), std::string::npos);
    }
}

TEST_F(Report, LeavesOutWhatCannotBeReadAndSaysSo) {
    const RunDirectory run = make("piped");
    ASSERT_EQ(::mkfifo((run.samples() / "mistakes.json").c_str(), 0600), 0);
    EXPECT_TRUE(data(run).at("problems")[0].get<std::string>().ends_with("mistakes.json: must be a file; got a FIFO"));
}

TEST_F(Report, SaysOnceThatTheConfigurationIsDamaged) {
    const RunDirectory run = make("damaged", {.model = "autoencoder", .data = {.name = "digits"}, .settings = "lr = "});
    const Json problems = data(run).at("problems");
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_NE(problems[0].get<std::string>().find("config.toml"), std::string::npos);
}

TEST_F(Report, HoldsWhatEachImageIsTakenFor) {
    const RunDirectory run = make("first", {.model = "classifier", .data = {.name = "digits"}});
    write_bytes(run.samples() / "mistakes.json", R"([{"image":7,"label":"3","predicted":"8","probability":0.5}])");
    EXPECT_EQ(data(run).at("mistakes"),
              (Json{{{"image", 7}, {"label", "3"}, {"predicted", "8"}, {"probability", 0.5}}}));
}

TEST_F(Report, SaysOfEveryPictureThatItIsOfOneBatchLearnedByHeart) {
    const std::string settings = "overfit-one-batch = true";
    const RunDirectory run = make("first", {.model = "classifier", .data = {.name = "digits"}, .settings = settings});
    write_png(run.sample("augmented"), Tensor::zeros({1, 1, 1}));
    const Json part = data(run);
    EXPECT_EQ(part.at("caption"),
              "Of the one batch that it learned by heart: images that are taken for another class.");
    EXPECT_EQ(part.at("pictures")[0].at("caption"),
              "Training images as they are varied, of the one batch that it learned by heart");
    EXPECT_EQ(data(make("second", {.model = "dcgan", .data = {.name = "digits"}, .settings = settings})).at("caption"),
              "What the generator draws of noise that stays the same. It has seen nothing but the one batch that it "
              "learned by heart.");
}

TEST_F(Report, IsNotBrokenByWhatNamesAndValuesContain) {
    const std::string evil = "</script><script>alert(1)</script><!-- & \"' @data@ $& \\u003c";
    const RunDirectory run = make(
        "<b>&amp;'\"", {.model = evil, .data = {.name = "<!--"}, .settings = fmt::format("freeze = ['''{}''']", evil)});
    run.log_metrics({.steps = 4, .epoch = 1}, {{evil, 1.0}});
    for (const char* name : {"<img src=x onerror=alert(1)>", "\xff\xfe"})
        write_png(run.sample(name), Tensor::zeros({1, 1, 1}));
    const std::string text = report_of({run}), empty = report_of({make("plain")});
    const auto count = [](const std::string& whole, const std::string& part) {
        std::size_t found = 0;
        for (std::size_t at = whole.find(part); at != std::string::npos; at = whole.find(part, at + 1)) ++found;
        return found;
    };
    for (const char* part : {"<script", "</script", "<!--", "<b>", "<img"})
        EXPECT_EQ(count(text, part), count(empty, part)) << part;
    const Json read = data(run);
    EXPECT_EQ(read.at("title"), "<b>&amp;'\"");
    EXPECT_EQ(read.at("model"), evil);
    EXPECT_EQ(read.at("settings").back(), (Json{"Freeze", evil}));
    EXPECT_EQ(page(text).at("charts").at("headings")[0].at("charts")[0].at("title"), evil);
    EXPECT_EQ(read.at("pictures")[0].at("name"), "<img src=x onerror=alert(1)>");
    EXPECT_EQ(read.at("pictures")[1].at("name"), "\xef\xbf\xbd\xef\xbf\xbd") << "bytes that are no text";
}

TEST_F(Report, AsksForNothingBesideItself) {
    std::string page = report_of({make("first")});
    const std::size_t library = page.find("/*! @license");  // of dygraphs, which could ask if it were told to
    page.erase(library, page.find("</script>", library) - library);
    const std::regex elsewhere(
        R"((src|href)\s*=\s*["']|url\((?!#)|@import|https?://(?!www\.w3\.org/2000/svg)|fetch\(|XMLHttpRequest)");
    std::smatch found;
    EXPECT_FALSE(std::regex_search(page, found, elsewhere)) << found.str();
    for (const char* part : {"<!DOCTYPE html>", "prefers-color-scheme: dark", "name=\"viewport\"", "<noscript>"}) {
        EXPECT_NE(page.find(part), std::string::npos) << part;
    }
}

TEST_F(Report, IsJoinedOfAllItsParts) {
    const std::string page = report_of({make("first")});
    for (const auto& entry : fs::directory_iterator(fs::path(source_directory) / "train/report")) {
        const std::string extension = entry.path().extension();
        if (extension != ".js" && extension != ".css") continue;
        EXPECT_NE(page.find(read_file(entry.path())), std::string::npos) << entry.path();
    }
    EXPECT_FALSE(std::regex_search(page, std::regex(R"(@\w+\.\w+@)")));
}

TEST_F(Report, OfSeveralRunsHoldsTheCurvesOfEach) {
    const RunDirectory one = make("one"), two = make("two");
    one.log_metrics({.steps = 4, .epoch = 1}, {{"test_mse", 0.5}});
    two.log_metrics({.steps = 4, .epoch = 1}, {{"test_mse", 0.25}});
    const Json both = page(report_of({one, two}));
    ASSERT_EQ(both.at("runs").size(), 2u);
    const Json& curves = both.at("charts").at("headings")[0].at("charts")[0].at("curves");
    EXPECT_EQ(curves[0].at("points"), (Json{{4.0, 0.5}}));
    EXPECT_EQ(curves[1].at("points"), (Json{{4.0, 0.25}}));
    EXPECT_EQ(both.at("comparison").at("head"), (Json{"", "one", "two"}));
}

// ---- the program ----------------------------------------------------------------------------------------------------

TEST_F(Report, IsWrittenIntoTheRun) {
    const RunDirectory run = make("first");
    EXPECT_EQ(printed({"report", "--run", "first"}), "first/report.html\n");
    EXPECT_EQ(read_file(run.path() / "report.html"), report_of({run}));
}

TEST_F(Report, ComparesRunsInAFileOfItsOwn) {
    const RunDirectory one = make("one"), two = make("two");
    EXPECT_EQ(printed({"compare", "one", "two", "--out", "both.html"}), "both.html: 2 runs\n");
    EXPECT_EQ(read_file(directory_ / "both.html"), report_of({one, two}));
    std::istringstream lines(printed({"compare", "one", "two", "--json"}));
    for (const char* name : {"one", "two"}) {
        std::string line;
        std::getline(lines, line);
        EXPECT_EQ(Json::parse(line).at("directory"), name);
    }
    EXPECT_EQ(refusal({"compare", "one", "two", "--json", "--out", "both.html"}), "2 error: --out excludes --json");
}

TEST_F(Report, IsRefusedWhereThereIsNoRun) {
    EXPECT_EQ(refusal({"report"}), "2 error: --run is required");
    EXPECT_EQ(refusal({"report", "--run", "none"}),
              "66 error: none: is not the directory of a run; got no config.json in it");
    make("one");
    EXPECT_EQ(refusal({"compare", "one", "none"}),
              "66 error: none: is not the directory of a run; got no config.json in it");
    EXPECT_TRUE(refusal({"compare", "one"}).starts_with("2 error: "));
    EXPECT_TRUE(refusal({"compare", "one", "one", "--out", "none/x.html"})
                    .starts_with("73 error: none/x.html: cannot be written"));
    EXPECT_FALSE(fs::exists(directory_ / "compare.html"));
}

TEST_F(Report, IsMadeByTrainingWithNormsAndThroughput) {
    run({"train", "autoencoder", "--dataset", "digits", "--max-steps", "2", "--out", "short"});
    const Json all = page(read_file(directory_ / "short/report.html")), &headings = all.at("charts").at("headings");
    ASSERT_EQ(headings.size(), 3u);
    EXPECT_EQ(headings[1].at("title"), "Norms of gradients and weights");
    std::set<std::string> labels;
    for (const Json& curve : headings[1].at("charts")[0].at("curves")) labels.insert(curve.at("label"));
    EXPECT_TRUE(labels.contains("encoder.down1.weight") && labels.contains("decoder.up3.bias"));
    std::set<std::string> titles;
    for (const Json& chart : headings[2].at("charts")) titles.insert(chart.at("title"));
    EXPECT_EQ(titles, (std::set<std::string>{"Images per second", "Learning rate"}));
    EXPECT_FALSE(all.at("runs")[0].at("epochs").empty());
}

// ---- filters --------------------------------------------------------------------------------------------------------

TEST(FilterPicture, MagnifiesEachWeightBetweenBlackAndWhite) {
    const Tensor picture = filter_picture(Tensor({2, 1, 1, 2}, {1, -4, 2, 4}));
    ASSERT_EQ(picture.shape(), (Shape{2 * 8 + 4, 2 * 8 + 6, 1}));
    const auto pixel = [&](Index h, Index w) { return picture[h * picture.extent(1) + w]; };
    EXPECT_EQ(pixel(2, 2), 0.5 + 1 / 8.0);
    EXPECT_EQ(pixel(9, 9), 0.5 + 1 / 8.0);
    EXPECT_EQ(pixel(10, 2), 0.5 + 2 / 8.0);
    EXPECT_EQ(pixel(2, 12), 0.0);
    EXPECT_EQ(pixel(17, 19), 1.0);
}

TEST(FilterPicture, ShowsWeightsOfZeroAsGrey) {
    EXPECT_EQ(filter_picture(Tensor::zeros({2, 2, 3, 2}))[2 * 38 * 3 + 2 * 3], 0.5);
}

TEST(FilterPicture, IsOfWhatTouchesPixels) {
    EXPECT_TRUE(touches_pixels(Tensor::zeros({3, 3, 1, 8})) && touches_pixels(Tensor::zeros({5, 5, 3, 8})));
    for (const Shape& shape : {Shape{3, 3, 2, 8}, {3, 3, 1, 1}, {1, 1, 1, 8}, {3, 8}}) {
        EXPECT_FALSE(touches_pixels(Tensor::zeros(shape)));
    }
    EXPECT_EQ(error_of([] { filter_picture(Tensor()); }),
              "filter_picture: the weight must be [K, L, 1 or 3, O]; got []");
}

}  // namespace
}  // namespace adjoint
