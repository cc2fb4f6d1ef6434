// Truths about a run's report: all that lies in the directory is in it, nothing that lies there can break it, and it
// needs no other file. What a browser makes of it is tested by tests/browser/run.
#include "train/report/report.h"

#include <nlohmann/json.hpp>
#include <regex>

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
                      const RunRecord& record = {.model = "autoencoder", .dataset = "digits"}) const {
        return RunDirectory::create(directory_ / name, record, false);
    }
    /// What the page's script reads.
    static Json data(const std::string& page) {
        const std::string begin = "<script type=\"application/json\" id=\"data\">";
        const std::size_t from = page.find(begin) + begin.size();
        return Json::parse(page.substr(from, page.find("</script>", from) - from)).at("runs");
    }
    static Json data(const RunDirectory& run) { return data(report_of({run})).at(0); }
};

TEST_F(Report, HoldsTheConfigurationAndEveryNumberOfTheMetrics) {
    const RunDirectory run = make("first", {.model = "vae",
                                            .dataset = "digits",
                                            .settings = "dataset = 'auto'\nbatch-size = 8\nlr = 0.25\nfreeze = ['a']"});
    run.log_metrics(1, {{"test_mse", 0.1 + 0.2}});
    run.log_metrics(2, {{"test_mse", 1e-9}, {"other", std::nan("")}});
    const Json page = data(run);
    EXPECT_EQ(page.at("name"), "first");
    Json config = Json::parse(read_file(run.path() / "config.json"));
    EXPECT_EQ(config.at("dataset"), "digits") << "what was found, not what was asked for";
    config["batch_size"] = 8;
    config["freeze"] = {"a"};
    config["lr"] = 0.25;
    EXPECT_EQ(page.at("config"), config);
    EXPECT_EQ(page.at("caption"), "What the decoder draws of noise that stays the same.");
    EXPECT_EQ(page.at("metrics"),
              (Json{{{"epoch", 1}, {"test_mse", 0.1 + 0.2}}, {{"epoch", 2}, {"test_mse", 1e-9}, {"other", nullptr}}}));
    EXPECT_TRUE(page.at("problems").empty());
}

TEST_F(Report, HoldsEveryEventInItsOrder) {
    const RunDirectory run = make("first");
    run.log_event("resumed", 2, {{"step", 120}});
    run.log_event("rolled back: it was lost", 1, {{"rate_factor", 0.5}});
    Json events = data(run).at("events");
    for (Json& event : events) EXPECT_EQ(event.erase("time"), 1u);
    EXPECT_EQ(events, (Json{{{"event", "resumed"}, {"epoch", 2}, {"step", 120}},
                            {{"event", "rolled back: it was lost"}, {"epoch", 1}, {"rate_factor", 0.5}}}));
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
    EXPECT_EQ(page.at("epochs_left_out"), 70);
}

TEST_F(Report, HoldsTheNetworkAndTheFiltersAtThePixels) {
    const RunDirectory run = make("first");
    const Autoencoder model(Random(1));
    run.save_weights(model.states());
    const Json page = data(run);
    ASSERT_EQ(page.at("networks").size(), 1u);
    const Json& layers = page.at("networks")[0].at("layers");
    ASSERT_EQ(layers.size(), 7u);
    EXPECT_EQ(layers[0], (Json{{"name", "encoder.down1"},
                               {"kind", "Conv2D"},
                               {"input", {1, 28, 28, 1}},
                               {"output", {1, 14, 14, 32}},
                               {"parameters", 3 * 3 * 32 + 32},
                               {"flops", 2 * 14 * 14 * 9 * 32}}));
    ASSERT_EQ(page.at("filters").size(), 2u);
    EXPECT_EQ(page.at("filters")[0].at("name"), "decoder.up3.weight");
    EXPECT_EQ(page.at("filters")[1].at("name"), "encoder.down1.weight");
    write_bytes(directory_ / "filters.png", decoded(page.at("filters")[1].at("image")));
    const Tensor shown = filter_picture(model.parameters()[0].state.value());
    expect_equal(read_image(directory_ / "filters.png", 1), shown, 0.5 / 255 + 1e-6);
}

TEST_F(Report, OfARunThatHasOnlyBegunIsAPageAllTheSame) {
    const Json page = data(make("new"));
    for (const char* list : {"metrics", "events", "epochs", "pictures", "filters", "problems"})
        EXPECT_TRUE(page.at(list).empty()) << list;
    const RunDirectory run = make("without samples", {.model = "of another time"});
    fs::remove_all(run.path() / "samples");
    EXPECT_TRUE(data(run).at("networks").empty());
}

TEST_F(Report, LeavesOutWhatWasCutShortAndSaysSo) {
    const RunDirectory run = make("cut");
    run.log_metrics(1, {{"test_mse", 0.5}});
    write_bytes(run.path() / "metrics.jsonl", read_file(run.path() / "metrics.jsonl") + "{\"epoch\":2,\"test_m");
    run.save_weights({{"x", State(Tensor())}});
    write_bytes(run.weights(), read_file(run.weights()).substr(0, 20));
    const Json page = data(run);
    EXPECT_EQ(page.at("metrics").size(), 1u);
    ASSERT_EQ(page.at("problems").size(), 2u);
    EXPECT_EQ(page.at("problems")[0], "Line 2 of metrics.jsonl is damaged and left out");
    EXPECT_TRUE(page.at("problems")[1].get<std::string>().find("weights.safetensors") != std::string::npos);
}

TEST_F(Report, LeavesOutLinesThatAreOfNoEpoch) {
    const RunDirectory run = make("odd");
    write_bytes(run.path() / "events.jsonl", "{}\n{\"epoch\":\"one\"}\n[1]\n\n{\"event\":\"resumed\",\"epoch\":1}\n");
    const Json page = data(run);
    EXPECT_EQ(page.at("events"), (Json{{{"event", "resumed"}, {"epoch", 1}}}));
    EXPECT_EQ(page.at("problems"),
              (Json{"Line 1 of events.jsonl is damaged and left out", "Line 2 of events.jsonl is damaged and left out",
                    "Line 3 of events.jsonl is damaged and left out"}));
}

TEST_F(Report, IsNotBrokenByWhatNamesAndValuesContain) {
    const std::string evil = "</script><script>alert(1)</script><!-- & \"' @data@ $& \\u003c";
    const RunDirectory run =
        make("<b>&amp;'\"", {.model = evil, .dataset = "<!--", .settings = fmt::format("freeze = ['''{}''']", evil)});
    run.log_metrics(1, {{evil, 1.0}});
    for (const char* name : {"<img src=x onerror=alert(1)>", "\xff\xfe"})
        write_png(run.sample(name), Tensor::zeros({1, 1, 1}));
    const std::string page = report_of({run}), empty = report_of({make("plain")});
    const auto count = [](const std::string& text, const std::string& part) {
        std::size_t found = 0;
        for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
        return found;
    };
    for (const char* part : {"<script", "</script", "<!--", "<b>", "<img"})
        EXPECT_EQ(count(page, part), count(empty, part)) << part;
    const Json read = data(run);
    EXPECT_EQ(read.at("name"), "<b>&amp;'\"");
    EXPECT_EQ(read.at("config").at("model"), evil);
    EXPECT_EQ(read.at("config").at("freeze").at(0), evil);
    EXPECT_EQ(read.at("metrics")[0].at(evil), 1.0);
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
    one.log_metrics(1, {{"test_mse", 0.5}});
    two.log_metrics(1, {{"test_mse", 0.25}});
    const Json pages = data(report_of({one, two}));
    ASSERT_EQ(pages.size(), 2u);
    EXPECT_EQ(pages[0].at("metrics")[0].at("test_mse"), 0.5);
    EXPECT_EQ(pages[1].at("metrics")[0].at("test_mse"), 0.25);
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
    const Json page = data(read_file(directory_ / "short/report.html")).at(0);
    ASSERT_EQ(page.at("metrics").size(), 1u);
    ASSERT_EQ(page.at("events").size(), 1u);
    const Json &metrics = page.at("metrics")[0], &event = page.at("events")[0];
    EXPECT_EQ(metrics.at("learning_rate"), 0.001);
    for (const char* name : {"weight_norm/encoder.down1.weight", "gradient_norm/decoder.up3.bias"}) {
        EXPECT_GT(metrics.at(name).get<double>(), 0.0) << name;
    }
    EXPECT_EQ(event.at("event"), "epoch");
    EXPECT_GT(event.at("images_per_second").get<double>(), 0.0);
    EXPECT_EQ(page.at("epochs").size(), 1u);
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
