// Truths about a run's directory: what it is of comes back, an older run is never lost by accident, and damage is
// named.
#include "train/records/run_directory.h"

#include <fmt/ranges.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "datasets/read_file.h"
#include "tests/support/expectations.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

const DataRecord digits = {.name = "digits",
                           .directory = "/somewhere",
                           .image_shape = {28, 28, 1},
                           .classes = {"0", "1"},
                           .training = 55,
                           .validation = 5,
                           .test = 10,
                           .checksum = "00c0ffee"};
const RunRecord record = {.model = "dcgan", .data = digits, .settings = "epochs = 7\n"};
const RunRecord other = {.model = "vae", .data = {.name = "mnist"}};

struct Runs : testing::Test {
    TemporaryDirectory directory;
    const fs::path path = directory / "deep/run";
};

TEST_F(Runs, RememberHowTheyWereMade) {
    RunDirectory::create(path, record, /*overwrite=*/false);
    const RunDirectory found = RunDirectory::open(path);
    EXPECT_EQ(found.model(), "dcgan");
    EXPECT_TRUE(found.data().same_images(digits));
    EXPECT_EQ(found.data().image_shape, digits.image_shape);
    EXPECT_EQ(found.data().classes, digits.classes);
    EXPECT_EQ(found.data().text(),
              "digits in /somewhere: 55 training, 5 validation, 10 test images, checksum 00c0ffee");
    EXPECT_EQ(read_file(found.settings()), record.settings);
    RunDirectory::rerecord(path, other);
    EXPECT_EQ(RunDirectory::open(path).model(), "vae");
    EXPECT_EQ(read_file(found.settings()), "");
}

TEST_F(Runs, ChooseTheAverageOfTheirWeightsWhereThereIsOne) {
    const RunDirectory run = RunDirectory::create(path, record, false);
    EXPECT_EQ(run.weights(""), run.weights());
    EXPECT_EQ(run.weights("average"), run.average());
    run.save_weights(run.average(), {{"x", State(Tensor())}});
    EXPECT_EQ(run.weights(""), run.average());
    EXPECT_EQ(run.weights("last"), run.weights());
}

TEST_F(Runs, AreReplacedWithoutATraceWhereAskedFor) {
    const RunDirectory first = RunDirectory::create(path, record, false);
    first.log_metrics({.steps = 4, .epoch = 1}, {{"loss", 0.5}});
    first.save_weights(first.weights(), {{"x", State(Tensor())}});
    first.save_weights(first.average(), {{"x", State(Tensor())}});
    write_bytes(first.sample("epoch-001"), "a picture");
    write_bytes(path / "report.html", "a page");
    const RunDirectory second = RunDirectory::create(path, other, true);
    EXPECT_FALSE(fs::exists(path / "metrics.jsonl") || fs::exists(second.weights()) || fs::exists(second.average()));
    EXPECT_FALSE(fs::exists(second.sample("epoch-001")) || fs::exists(path / "report.html"));
    EXPECT_EQ(RunDirectory::open(path).model(), "vae");
}

TEST_F(Runs, MayBeMadeInADirectoryThatHoldsNone) {
    fs::create_directories(path);
    EXPECT_NO_THROW(RunDirectory::create(path, record, false));
}

TEST_F(Runs, ThatSavedNothingMayBeBegunAgain) {
    const RunDirectory first = RunDirectory::create(path, record, false);
    first.log_metrics({.steps = 1, .epoch = 1}, {{"loss", 0.5}});
    RunDirectory::create(path, other, false);
    EXPECT_EQ(RunDirectory::open(path).model(), "vae");
    EXPECT_EQ(RunDirectory::open(path).metrics(), "");
    write_bytes(path / "checkpoints/x", "");
    EXPECT_EQ(error_about<CannotWrite>(path, [&] { RunDirectory::create(path, record, false); }),
              "holds a run already; choose another --out, or --force to replace it");
}

TEST_F(Runs, WaitForNobodyAtTheOtherEndOfAPipe) {
    const RunDirectory run = RunDirectory::create(path, record, false);
    const fs::path metrics = path / "metrics.jsonl", config = path / "config.json";
    ASSERT_EQ(::mkfifo(metrics.c_str(), 0600), 0);
    EXPECT_EQ(error_about<CannotWrite>(metrics, [&] { run.log_metrics({.steps = 1, .epoch = 1}, {}); }),
              "cannot be written; not a regular file");
    EXPECT_EQ(error_about<MissingInput>(metrics, [&] { run.metrics(); }), "must be a file; got a FIFO");
    fs::remove(config);
    ASSERT_EQ(::mkfifo(config.c_str(), 0600), 0);
    EXPECT_EQ(error_about<MissingInput>(config, [&] { RunDirectory::open(path); }), "must be a file; got a FIFO");
    fs::remove(metrics);
    fs::create_symlink(directory / "elsewhere", metrics);
    EXPECT_EQ(error_about<CannotWrite>(metrics, [&] { run.log_metrics({.steps = 1, .epoch = 1}, {}); }),
              "cannot be written; Too many levels of symbolic links");
    EXPECT_FALSE(fs::exists(directory / "elsewhere"));
}

TEST_F(Runs, AreNotWrittenWhereALinkLeadsOutOfThem) {
    RunDirectory::create(path, record, false);
    fs::create_directory(directory / "elsewhere");
    for (const char* name : {"metrics.csv", "samples/epoch-000.png", "checkpoints/deep"}) {
        fs::create_symlink(directory / "elsewhere", path / name);
        const std::string refusal = "cannot be written; a symbolic link that leads out of the run";
        EXPECT_EQ(error_about<CannotWrite>(path / name, [&] { RunDirectory::open_to_write(path); }), refusal);
        EXPECT_EQ(error_about<CannotWrite>(path / name, [&] { RunDirectory::create(path, record, true); }), refusal);
        EXPECT_EQ(RunDirectory::open(path).model(), record.model) << "to read it";
        fs::remove(path / name);
    }
    fs::create_symlink("../none", path / "report.html");
    EXPECT_THROW(RunDirectory::open_to_write(path), CannotWrite) << "a file that is not there yet";
    fs::remove(path / "report.html");
    fs::create_symlink("config.json", path / "latest");
    fs::create_symlink(path, directory / "run");
    EXPECT_EQ(RunDirectory::open_to_write(directory / "run").path(), directory / "run")
        << "links that stay, or lead in";
}

TEST_F(Runs, KeepALineOfNumbersForEachEpoch) {
    const RunDirectory run = RunDirectory::create(path, record, false);
    run.log_metrics({.steps = 4, .epoch = 1}, {{"loss", 0.5}, {"error", 0.1 + 0.2}});
    run.log_metrics({.steps = 8, .epoch = 2}, {{"loss", 0.25}, {"error", 1e-9}});
    EXPECT_EQ(run.metrics(),
              "{\"step\":4,\"epoch\":1,\"loss\":0.5,\"error\":0.30000000000000004}\n"
              "{\"step\":8,\"epoch\":2,\"loss\":0.25,\"error\":1e-09}\n");
}

TEST_F(Runs, OfADamagedConfigurationAreRefused) {
    RunDirectory::create(path, record, false);
    const fs::path file = path / "config.json";
    const std::string whole = read_file(file);
    std::vector<std::string> damaged = {"", "[]", "null", "{\"model\": 3}"};
    for (std::size_t length = 1; length + 2 < whole.size(); ++length) damaged.push_back(whole.substr(0, length));
    for (const char* key : {"model", "data"}) {
        auto json = nlohmann::json::parse(whole);
        json.erase(key);
        damaged.push_back(json.dump());
        json[key] = nlohmann::json::array();
        damaged.push_back(json.dump());
    }
    for (const std::string& text : damaged) {
        write_bytes(file, text);
        const std::string message = error_about<DataError>(file, [&] { RunDirectory::open(path); });
        EXPECT_TRUE(message.starts_with("is not the configuration of a run: ")) << text << ": " << message;
    }
    for (const char* shape : {"[28]", "[28,28]", "[28,28,0]", "[28,28,1,1]"}) {
        auto json = nlohmann::json::parse(whole);
        json["data"]["image_shape"] = nlohmann::json::parse(shape);
        write_bytes(file, json.dump());
        const Shape got = json["data"]["image_shape"];
        EXPECT_EQ(error_about<DataError>(file, [&] { RunDirectory::open(path); }),
                  fmt::format("is not the configuration of a run: image_shape must be three whole numbers from 1; got "
                              "{}",
                              got));
    }
}

TEST_F(Runs, OfAConfigurationWithOtherTypesAreRefusedByKey) {
    RunDirectory::create(path, record, false);
    const fs::path file = path / "config.json";
    const std::string whole = read_file(file);
    const auto refusal = [&](const char* place, const char* value) {
        auto json = nlohmann::json::parse(whole);
        json[nlohmann::json::json_pointer(place)] = nlohmann::json::parse(value);
        write_bytes(file, json.dump());
        return error_about<DataError>(file, [&] { RunDirectory::open(path); });
    };
    const std::string unlike = "is not the configuration of a run: ",
                      count = "a whole number from 0 to 9223372036854775807; got ";
    EXPECT_EQ(refusal("/model", "5"), unlike + "model must be a text; got 5");
    EXPECT_EQ(refusal("/data", "[1]"), unlike + "name must be a text; got none");
    EXPECT_EQ(refusal("/data/classes", "[\"a\",2]"), unlike + "classes must be a list, each a text; got [\"a\",2]");
    EXPECT_EQ(refusal("/data/training", "1e300"), unlike + "training must be " + count + "1e+300");
    for (const char* shape : {"[28,28,1.5]", "[28,28,-1]", "\"28\""})
        EXPECT_EQ(refusal("/data/image_shape", shape), unlike + "image_shape must be a list, each " + count + shape);
    write_bytes(file, std::string(100'000, '['));
    EXPECT_EQ(error_about<DataError>(file, [&] { RunDirectory::open(path); }),
              unlike + "must have at most 64 lists and objects within one another");
    write_bytes(file, "[1]");
    EXPECT_EQ(error_about<DataError>(file, [&] { RunDirectory::open(path); }),
              unlike + "must be a JSON object; got [1]");
}

TEST_F(Runs, AreFinishedByTheirLastEventThatIsWhole) {
    const RunDirectory run = RunDirectory::create(path, record, false);
    EXPECT_FALSE(run.finished());
    run.log_event("finished", 1, {});
    for (const char* damaged : {"{\"event\":5}\n", "{\"event\":null}\n", "[\"event\"]\n", "{\"event\":"}) {
        std::ofstream(path / "events.jsonl", std::ios::app) << damaged;
        EXPECT_TRUE(run.finished()) << damaged;
    }
}

}  // namespace
}  // namespace adjoint
