// Truths about `adjoint data get` and about what training does with its datasets, on a machine whose only network is
// its own.
#include <algorithm>
#include <chrono>
#include <fstream>

#include "datasets/read_file.h"
#include "tests/support/environment.h"
#include "tests/support/idx_files.h"
#include "tests/support/mirror.h"
#include "tests/support/program.h"
#include "train/data/dataset_choice.h"
#include "train/data/dataset_fetch.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

class DataCommand : public ProgramTest {
  protected:
    // MNIST is what training would open, with the cache of the programs.
    void expect_mnist(const DatasetOptions& options) const {
        const EnvironmentVariable cache("ADJOINT_CACHE_DIR", (directory_ / "cache").string());
        const Datasets data = open_datasets(options);
        EXPECT_EQ(data.name, "mnist");
        EXPECT_EQ(data.training->size(), 55'000);
        EXPECT_EQ(data.validation->size(), 5'000);
        EXPECT_EQ(data.test->size(), 10'000);
    }

    OwnNetwork network_;
    EnvironmentVariable unset_{"ADJOINT_DATA_DIR"};
    EnvironmentVariable online_{"ADJOINT_OFFLINE", "0"};
};

// MNIST's files as they are at hand, by name; none where they are not.
std::map<std::string, std::string> real_mnist() {
    std::map<std::string, std::string> files;
    const char* const data = std::getenv("ADJOINT_DATA_DIR");
    if (data == nullptr) return files;
    for (const PublishedFile& file : find_published_dataset("mnist")->files) {
        files[file.name] = read_file(fs::path(data) / file.name);
    }
    return files;
}

const std::map<std::string, std::string> mnist = real_mnist();

TEST_F(DataCommand, FetchesMnistForTraining) {
    if (mnist.empty()) GTEST_SKIP() << "ADJOINT_DATA_DIR is not set";
    Mirror mirror(mnist);
    const Outcome first = run({"data", "get", "mnist", "--mirror", mirror.address()});
    EXPECT_EQ(first.status, 0);
    EXPECT_EQ(first.out, (directory_ / "cache/mnist").string() + ": MNIST\n");
    std::string fetched, kept;
    for (const auto& [name, size] : {std::pair<std::string, std::string>{"t10k-labels-idx1-ubyte.gz", "4.4 KiB"},
                                     {"train-labels-idx1-ubyte.gz", "28.2 KiB"},
                                     {"t10k-images-idx3-ubyte.gz", "1.5 MiB"},
                                     {"train-images-idx3-ubyte.gz", "9.3 MiB"}}) {
        fetched += fmt::format("info: {0}: {1} from {2}{0}\n", name, size, mirror.address());
        kept += fmt::format("info: {}: already there\n", name);
    }
    EXPECT_EQ(first.err, fetched);
    EXPECT_EQ(run({"data", "get", "mnist"}).err, kept);
    EXPECT_EQ(mirror.requests, 4);
    expect_mnist({.name = "mnist"});
    expect_mnist({.name = "auto"});
}

TEST_F(DataCommand, FetchesIntoAnotherDirectoryForTraining) {
    if (mnist.empty()) GTEST_SKIP() << "ADJOINT_DATA_DIR is not set";
    const Mirror mirror(mnist);
    EXPECT_EQ(run({"data", "get", "mnist", "--dir", "data", "--mirror", mirror.address()}).out, "data/mnist: MNIST\n");
    expect_mnist({.name = "mnist", .directory = directory_ / "data"});
}

TEST_F(DataCommand, NamesEveryMirrorThatItCannotReach) {
    const auto begin = std::chrono::steady_clock::now();
    const Outcome outcome =
        run({"data", "get", "kmnist", "--mirror", "http://127.0.0.1:1/a", "--mirror", "gopher://b"});
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    EXPECT_EQ(outcome.status, 66);
    EXPECT_EQ(outcome.out, "");
    const std::vector<std::string> said = lines_of(outcome.err);
    ASSERT_EQ(said.size(), 5U) << outcome.err;
    EXPECT_TRUE(said[0].starts_with("warning: http://127.0.0.1:1/a/t10k-labels-idx1-ubyte.gz: "));
    EXPECT_EQ(said[1],
              "warning: gopher://b/t10k-labels-idx1-ubyte.gz: Protocol \"gopher\" not supported or disabled in "
              "libcurl");
    const std::string published = "://codh.rois.ac.jp/kmnist/dataset/kmnist/";
    EXPECT_TRUE(said[2].starts_with("warning: https" + published + "t10k-labels-idx1-ubyte.gz: "));
    EXPECT_TRUE(said[3].starts_with("warning: http" + published + "t10k-labels-idx1-ubyte.gz: "));
    EXPECT_TRUE(said[4].starts_with(
        fmt::format("error: kmnist: t10k-labels-idx1-ubyte.gz must come from a mirror; got none from "
                    "http://127.0.0.1:1/a, gopher://b, https{0}, http{0}; try again with a network",
                    published)));
    EXPECT_TRUE(
        said[4].ends_with("train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, train-images-idx3-ubyte.gz into " +
                          (directory_ / "cache/kmnist").string() + " by hand"));
}

TEST_F(DataCommand, SaysInItsHelpWhereThereIsMoreOfItAndNotOfOthers) {
    const std::vector<std::string> help = lines_of(printed("data --help"));
    EXPECT_EQ(help.front(), "Download a dataset");
    EXPECT_EQ(help.back(), "adjoint data get --help says more.");
    for (const std::string& line : help) EXPECT_EQ(line.find("gradcheck"), std::string::npos) << line;
}

TEST_F(DataCommand, RefusesWhatItDoesNotKnowAndWhereItCannotWrite) {
    EXPECT_EQ(refusal({"data"}), "2 error: adjoint data: must be followed by one of get; got nothing");
    EXPECT_EQ(refusal({"data", "get"}), "2 error: dataset is required");
    EXPECT_EQ(refusal({"data", "get", "cifar"}), "2 error: dataset: must be mnist, fashion-mnist or kmnist; got cifar");
    std::ofstream(directory_ / "file");
    EXPECT_EQ(refusal({"data", "get", "mnist", "--dir", "file"}),
              "73 error: file/mnist: the directory cannot be made; Not a directory");
}

class DatasetChoice : public DataCommand {
  protected:
    // What `--dataset auto` says of its choice, which the model then refuses.
    std::string choice(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> words = {"train", "autoencoder", "--image-size", "64"};
        words.insert(words.end(), more.begin(), more.end());
        const Outcome outcome = run(words);
        EXPECT_NE(outcome.status, 0);
        return lines_of(outcome.err).front();
    }
    const std::string advice_ =
        "; to train on it, put its four IDX files (train-images-idx3-ubyte.gz, …) there or name their directory with "
        "--data-dir";
};

TEST_F(DatasetChoice, FallsBackToDrawnDigitsWithoutANetwork) {
    const std::string digits =
        "info: dataset: digits drawn by adjoint, as MNIST is not in data and cannot be fetched (";
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(choice().find(digits + "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-labels-idx1-ubyte.gz: "), 0U);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    const EnvironmentVariable offline("ADJOINT_OFFLINE", "1");
    EXPECT_EQ(choice(), digits + "ADJOINT_OFFLINE is set)" + advice_);
}

TEST_F(DatasetChoice, DrawsDigitsWhereTheCacheCannotBeWritten) {
    std::ofstream(directory_ / "cache");
    EXPECT_EQ(choice(), "info: dataset: digits drawn by adjoint, as MNIST is not in data and cannot be fetched (" +
                            (directory_ / "cache/mnist").string() + ": the directory cannot be made; Not a directory)" +
                            advice_);
}

TEST_F(DatasetChoice, FetchesNothingWhereADirectoryIsNamed) {
    EXPECT_EQ(choice({"--data-dir", "nowhere"}),
              "error: nowhere: MNIST's four files (train-images-idx3-ubyte.gz and so on) must be there; got no such "
              "directory");
    const EnvironmentVariable named("ADJOINT_DATA_DIR", "nowhere");
    EXPECT_EQ(choice(), "error: ADJOINT_DATA_DIR: must name a directory; got nowhere, where there is none");
    EXPECT_FALSE(fs::exists(directory_ / "cache"));
}

// The mirrors without encryption are reached through a proxy, which is a mirror itself.
TEST_F(DatasetChoice, FetchesMnistWhereThereIsANetwork) {
    if (mnist.empty()) GTEST_SKIP() << "ADJOINT_DATA_DIR is not set";
    Mirror mirror(mnist);
    const OwnNetwork network(mirror.address());
    EXPECT_EQ(choice(),
              "info: t10k-labels-idx1-ubyte.gz: 4.4 KiB from http://yann.lecun.com/exdb/mnist/"
              "t10k-labels-idx1-ubyte.gz");
    EXPECT_EQ(choice(), "info: dataset: MNIST from " + (directory_ / "cache").string());
    EXPECT_EQ(mirror.requests, 4);
}

TEST_F(DatasetChoice, SaysHowADatasetThatIsNotThereIsFetched) {
    EXPECT_EQ(refusal({"train", "dcgan", "--dataset", "fashion-mnist"}),
              "66 error: data/fashion-mnist: Fashion-MNIST's four files (train-images-idx3-ubyte.gz and so on) must be "
              "there; got no such directory; adjoint data get fashion-mnist fetches them");
    EXPECT_EQ(
        refusal({"train", "dcgan", "--dataset", "kmnist", "--data-dir", "."}),
        "66 error: ./kmnist: KMNIST's four files (train-images-idx3-ubyte.gz and so on) must be there; got no such "
        "directory");
}

// Files of MNIST's family of one image and label each, which is `label`.
void write_family(const fs::path& directory, std::uint8_t label) {
    fs::create_directories(directory);
    for (const std::string half : {"train", "t10k"}) {
        write_bytes(directory / (half + "-labels-idx1-ubyte"), encode({{1}, {label}}));
        write_bytes(directory / (half + "-images-idx3-ubyte"), encode(random_array({1, 28, 28})));
    }
}

TEST_F(DatasetChoice, LooksInTheNamedDirectoryElseInTheDataDirectoryElseInTheCache) {
    const EnvironmentVariable cache("ADJOINT_CACHE_DIR", (directory_ / "cache").string());
    const EnvironmentVariable data("ADJOINT_DATA_DIR", (directory_ / "data").string());
    const auto label_of = [](const DatasetOptions& options) {
        std::vector<float> pixels(28 * 28);
        DatasetOptions all = options;
        all.validation = "0";  // of one image
        return open_datasets(all).training->read(0, pixels);
    };
    std::filesystem::create_directory(directory_ / "data");
    for (const std::string name : {"mnist", "fashion-mnist", "kmnist"}) {
        write_family(directory_ / "cache" / name, 1);
        EXPECT_EQ(label_of({.name = name}), 1) << name;
        write_family(directory_ / "data" / name, 2);
        EXPECT_EQ(label_of({.name = name}), 2) << name;
        EXPECT_THROW(label_of({.name = name, .directory = directory_ / "named"}), MissingInput) << name;
        write_family(directory_ / "named" / name, 3);
        EXPECT_EQ(label_of({.name = name, .directory = directory_ / "named"}), 3) << name;
    }
    EXPECT_EQ(open_datasets({.name = "kmnist", .validation = "0"}).name, "kmnist");
}

TEST_F(DatasetChoice, IsNotTrainedOnWhereItCouldNotBeFoundAgain) {
    const std::string place = (directory_ / "caf\xe9").string();
    write_family(place + "/kmnist", 1);
    const EnvironmentVariable data("ADJOINT_DATA_DIR", place);
    EXPECT_EQ(refusal("train classifier --dataset kmnist --validation 0 --batch-size 2 --out run"),
              "2 error: --data-dir: must be UTF-8, as config.json is, to be found again; got " + place);
    EXPECT_FALSE(fs::exists(directory_ / "run"));
}

TEST(CacheDirectory, IsWhereTheEnvironmentSays) {
    const EnvironmentVariable home("HOME", "/home/ada");
    const EnvironmentVariable own("ADJOINT_CACHE_DIR"), everyones("XDG_CACHE_HOME");
    EXPECT_EQ(cache_directory(), "/home/ada/.cache/adjoint");
    const EnvironmentVariable relative("XDG_CACHE_HOME", "cache");
    EXPECT_EQ(cache_directory(), "/home/ada/.cache/adjoint");
    const EnvironmentVariable absolute("XDG_CACHE_HOME", "/var/cache");
    EXPECT_EQ(cache_directory(), "/var/cache/adjoint");
    const EnvironmentVariable named("ADJOINT_CACHE_DIR", "here");
    EXPECT_EQ(cache_directory(), "here");
}

}  // namespace
}  // namespace adjoint
