// Truths about a run's directory: what it is of comes back, an older run is never lost by accident, and damage is
// named.
#include "train/records/run_directory.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/values.h"
#include "train/io/safetensors.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

const RunRecord record = {.model = "dcgan", .dataset = "digits", .settings = "epochs = 7\n"};
const RunRecord other = {.model = "vae", .dataset = "mnist"};

struct Runs : testing::Test {
    std::string content(const fs::path& file) const {
        std::ifstream stream(file);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    TemporaryDirectory directory;
    const fs::path path = directory / "deep/run";
};

TEST_F(Runs, RememberHowTheyWereMade) {
    RunDirectory::create(path, record, /*overwrite=*/false);
    const RunDirectory found = RunDirectory::open(path);
    EXPECT_EQ(found.model(), "dcgan");
    EXPECT_EQ(found.dataset(), "digits");
    EXPECT_EQ(content(found.settings()), record.settings);
    RunDirectory::rerecord(path, other);
    EXPECT_EQ(RunDirectory::open(path).model(), "vae");
    EXPECT_EQ(content(found.settings()), "");
}

TEST_F(Runs, ChooseTheAverageOfTheirWeightsWhereThereIsOne) {
    const RunDirectory run = RunDirectory::create(path, record, false);
    EXPECT_EQ(run.weights(""), run.weights());
    EXPECT_EQ(run.weights("average"), run.average());
    run.save_average({{"x", State(Tensor())}});
    EXPECT_EQ(run.weights(""), run.average());
    EXPECT_EQ(run.weights("last"), run.weights());
}

TEST_F(Runs, HaveTheirFilesInTheirPlaces) {
    const RunDirectory run = RunDirectory::create(path, record, false);
    EXPECT_EQ(run.path(), path);
    EXPECT_EQ(run.weights(), path / "weights.safetensors");
    EXPECT_EQ(run.average(), path / "average.safetensors");
    EXPECT_EQ(run.sample("epoch-001"), path / "samples/epoch-001.png");
    EXPECT_TRUE(fs::is_directory(path / "samples"));
}

TEST_F(Runs, AreNotReplacedUnlessAskedFor) {
    RunDirectory::create(path, record, false).log_metrics(1, {{"loss", 0.5}});
    const std::string before = content(path / "config.json");
    EXPECT_THROW(RunDirectory::create(path, other, false), CannotWrite);
    EXPECT_EQ(error_of([&] { RunDirectory::create(path, other, false); }),
              path.string() + ": holds a run already; choose another --out, or --force to replace it");
    EXPECT_EQ(content(path / "config.json"), before);
    EXPECT_TRUE(fs::exists(path / "metrics.jsonl"));
}

TEST_F(Runs, AreReplacedWithoutATraceWhereAskedFor) {
    const RunDirectory first = RunDirectory::create(path, record, false);
    first.log_metrics(1, {{"loss", 0.5}});
    first.save_weights({{"x", State(Tensor())}});
    first.save_average({{"x", State(Tensor())}});
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

TEST_F(Runs, CannotBeMadeBelowAFile) {
    write_bytes(directory / "file", "in the way");
    EXPECT_THROW(RunDirectory::create(directory / "file/run", record, false), CannotWrite);
    EXPECT_EQ(content(directory / "file"), "in the way");
}

TEST_F(Runs, KeepALineOfNumbersForEachEpoch) {
    const RunDirectory run = RunDirectory::create(path, record, false);
    run.log_metrics(1, {{"loss", 0.5}, {"error", 0.1 + 0.2}});
    run.log_metrics(2, {{"loss", 0.25}, {"error", 1e-9}});
    std::istringstream lines(content(path / "metrics.jsonl"));
    std::string first, second, end;
    std::getline(lines, first);
    std::getline(lines, second);
    EXPECT_EQ(nlohmann::json::parse(first), (nlohmann::json{{"epoch", 1}, {"loss", 0.5}, {"error", 0.1 + 0.2}}));
    EXPECT_EQ(nlohmann::json::parse(second), (nlohmann::json{{"epoch", 2}, {"loss", 0.25}, {"error", 1e-9}}));
    EXPECT_FALSE(std::getline(lines, end));
}

TEST_F(Runs, SaveWeightsUnderTheirNames) {
    const RunDirectory run = RunDirectory::create(path, record, false);
    run.save_weights({{"x", State(Tensor({2}, {1, 2}))}});
    expect_tensor(read_safetensors(run.weights()).tensors.at("x"), {2}, {1, 2});
}

TEST_F(Runs, AreMissingWhereThereIsNoConfiguration) {
    EXPECT_THROW(RunDirectory::open(path), MissingInput);
    EXPECT_EQ(error_of([&] { RunDirectory::open(path); }),
              path.string() + ": is not the directory of a run; got no config.json in it");
}

TEST_F(Runs, OfADamagedConfigurationAreRefused) {
    RunDirectory::create(path, record, false);
    const fs::path file = path / "config.json";
    const std::string whole = content(file);
    const std::string start = file.string() + ": is not the configuration of a run; got ";
    std::vector<std::string> damaged = {"", "[]", "null", "{\"model\": 3}"};
    for (std::size_t length = 1; length + 2 < whole.size(); ++length) damaged.push_back(whole.substr(0, length));
    for (const char* key : {"model", "dataset"}) {
        auto json = nlohmann::json::parse(whole);
        json.erase(key);
        damaged.push_back(json.dump());
        json[key] = nlohmann::json::array();
        damaged.push_back(json.dump());
    }
    for (const std::string& text : damaged) {
        write_bytes(file, text);
        EXPECT_THROW(RunDirectory::open(path), DataError) << text;
        const std::string message = error_of([&] { RunDirectory::open(path); });
        EXPECT_TRUE(message.starts_with(start)) << message;
    }
}

}  // namespace
}  // namespace adjoint
