// Truths about fetching a dataset: what gets a file's name is the published file, no byte of it comes twice, and
// whatever a mirror does is said in one line.
#include "train/data/dataset_fetch.h"

#include <chrono>
#include <fcntl.h>
#include <future>
#include <gtest/gtest.h>
#include <set>
#include <sys/file.h>
#include <unistd.h>

#include "datasets/read_file.h"
#include "framework/tensor/error.h"
#include "tests/support/environment.h"
#include "tests/support/expectations.h"
#include "tests/support/idx_files.h"
#include "tests/support/mirror.h"
#include "tests/support/temporary_directory.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Digest = PublishedFile::Digest;

const std::string html = "<!DOCTYPE html>";
const std::string nobody = "http://127.0.0.1:1/";

// Two files, not packed, which both kinds of digest allow; the digests are sha256sum's.
std::string images() {
    std::string bytes("\x00\x00\x08\x03\x00\x00\x00\x64\x00\x00\x00\x20\x00\x00\x00\x20", 16);
    for (long i = 0; i < 100 * 32 * 32; ++i) bytes.push_back(static_cast<char>(i * i % 251));
    return bytes;
}
std::string labels() { return std::string("\x00\x00\x08\x01\x00\x00\x00\x03\x07\x01\x04", 11); }

const PublishedFile images_file = {
    "images.gz", {100, 32, 32}, Digest::of_packed, "c1a0563df9fb449194001e0933185e7a8e536be7aa70deacede7220423cf2411"};
const PublishedFile labels_file = {
    "labels.gz", {3}, Digest::of_unpacked, "dc4e81028c8056772542d90990975a11def598325da0fc915d8b91196e18bade"};

class DatasetFetch : public testing::Test {
  protected:
    void fetch(const std::vector<std::string>& mirrors, const std::vector<PublishedFile>& files = {images_file},
               FetchOptions options = {}) {
        failures_.clear();
        options.failed = [&](const std::string& failure) { failures_.push_back(failure); };
        fetch_dataset({"tiny", "Tiny", mirrors, files}, place_, options);
    }
    std::string refusal(const std::vector<std::string>& mirrors) {
        return error_of([&] { fetch(mirrors); });
    }
    std::string have(const std::string& name) const { return read_file(place_ / name); }
    void put(const std::string& name, const std::string& content) const {
        fs::create_directories(place_);
        write_bytes(place_ / name, content);
    }
    std::vector<std::string> names() const {
        std::set<std::string> found;
        for (const auto& entry : fs::directory_iterator(place_)) found.insert(entry.path().filename().string());
        return {found.begin(), found.end()};
    }

    OwnNetwork network_;
    TemporaryDirectory directory_;
    fs::path place_ = directory_ / "cache/tiny";
    std::vector<std::string> failures_;
};

using Names = std::vector<std::string>;

TEST_F(DatasetFetch, BringsWhatIsNotThereAndLeavesNothingElse) {
    Mirror mirror({{"images.gz", images()}, {"labels.gz", labels()}});
    put("labels.gz", labels());
    fetch({mirror.address()}, {images_file, labels_file});
    EXPECT_EQ(mirror.requests, 1);
    EXPECT_EQ(names(), (Names{"images.gz", "labels.gz"}));
    EXPECT_EQ(have("images.gz"), images());
    EXPECT_EQ(have("labels.gz"), labels());
    fetch({nobody}, {images_file, labels_file});
    EXPECT_EQ(failures_, Names{});
}

TEST_F(DatasetFetch, ContinuesWhatWasCut) {
    Mirror mirror({{"images.gz", images()}});
    mirror.cut = 50'000;
    EXPECT_EQ(refusal({mirror.address()}).substr(0, 44), "tiny: images.gz must come from a mirror; got");
    EXPECT_EQ(names(), Names{"images.gz.part"});
    EXPECT_EQ(have("images.gz.part"), images().substr(0, 50'000));
    EXPECT_EQ(failures_, Names{mirror.address() + "images.gz: transfer closed with 52416 bytes remaining to read"});
    mirror.cut = images().size();
    fetch({mirror.address()});
    EXPECT_EQ(names(), Names{"images.gz"});
    EXPECT_EQ(have("images.gz"), images());
    EXPECT_EQ(mirror.bytes_sent, images().size());
}

TEST_F(DatasetFetch, ContinuesAtTheNextMirror) {
    Mirror first({{"images.gz", images()}}), second({{"images.gz", images()}});
    first.cut = 50'000;
    fetch({first.address(), second.address()});
    EXPECT_EQ(have("images.gz"), images());
    EXPECT_EQ(first.bytes_sent, 50'000U);
    EXPECT_EQ(second.bytes_sent, images().size() - 50'000);
}

TEST_F(DatasetFetch, BeginsAnewWhereTheServerIgnoresRanges) {
    Mirror mirror({{"images.gz", images()}});
    mirror.ranges = Mirror::Ranges::ignored;
    put("images.gz.part", images().substr(0, 1'000));
    fetch({mirror.address()});
    EXPECT_EQ(have("images.gz"), images());
    EXPECT_EQ(mirror.bytes_sent, images().size());
    EXPECT_EQ(failures_, Names{});
}

TEST_F(DatasetFetch, RefusesAnotherRangeThanItAskedFor) {
    Mirror mirror({{"images.gz", images()}});
    mirror.ranges = Mirror::Ranges::wrong;
    put("images.gz.part", images().substr(0, 1'000));
    refusal({mirror.address()});
    EXPECT_EQ(failures_,
              Names{mirror.address() + "images.gz: the answer must be the range bytes 1000-; got status 206, " +
                    "range bytes 0-102415/102416"});
    EXPECT_EQ(have("images.gz.part"), images().substr(0, 1'000));
}

TEST_F(DatasetFetch, FetchesNothingOfAFileOfWhichAllHasCome) {
    Mirror mirror({{"images.gz", images()}});
    put("images.gz.part", images());
    fetch({mirror.address()});
    EXPECT_EQ(names(), Names{"images.gz"});
    EXPECT_EQ(mirror.bytes_sent, 0U);
}

TEST_F(DatasetFetch, BeginsAnewWhereWhatIsThereIsTooLongOrOfAnotherFile) {
    const Mirror mirror({{"images.gz", images()}});
    for (const std::string& before : {images() + "x", std::string(1'000, 'x')}) {
        put("images.gz.part", before);
        fetch({mirror.address()});
        EXPECT_EQ(names(), Names{"images.gz"});
        EXPECT_EQ(have("images.gz"), images());
        EXPECT_EQ(failures_, Names{});
        fs::remove(place_ / "images.gz");
    }
}

TEST_F(DatasetFetch, TakesWhatIsWrongFromNobody) {
    std::string other = images();
    other.back() ^= 1;
    const Mirror wrong({{"images.gz", other}}), page({{"images.gz", html}}), right({{"images.gz", images()}});
    const std::string part = (place_ / "images.gz.part").string();
    EXPECT_EQ(refusal({wrong.address(), page.address()}),
              "tiny: images.gz must be the published file; got others from " + wrong.address() + ", " + page.address());
    EXPECT_EQ(names(), Names{});
    EXPECT_EQ(failures_,
              (Names{wrong.address() + "images.gz: wrong contents: " + part + ": the SHA-256 of the file must be " +
                         images_file.sha256 + "; got 354f8bb5b0a8ebf46c955e6c9f5ac403a1400bcb567feb6825561eedac07b3ce",
                     page.address() + "images.gz: wrong contents: " + part +
                         ": at byte 0: an IDX file begins with two bytes 0x00; got 0x3c 0x21"}));
    EXPECT_THROW(fetch({wrong.address()}), DataError);
    EXPECT_THROW(fetch({page.address(), nobody}), MissingInput) << "the one out of reach may have had it";

    fetch({wrong.address(), page.address(), right.address()});
    EXPECT_EQ(have("images.gz"), images());
    EXPECT_EQ(failures_.size(), 2U);

    PublishedFile narrow = images_file;
    narrow.name = "narrow.gz", narrow.shape = {100, 28, 28};  // of that digest, but of another shape
    const Mirror also({{"narrow.gz", images()}});
    EXPECT_THROW(fetch({also.address()}, {narrow}), DataError);
    EXPECT_TRUE(failures_[0].ends_with(": its elements must be [100, 28, 28]; got [100, 32, 32]")) << failures_[0];
}

TEST_F(DatasetFetch, KnowsWhatIsInAPackedFileFromTheFile) {
    const std::string packed = gzipped(images());
    const Mirror mirror({{"images.gz", packed}});
    EXPECT_THROW(fetch({mirror.address()}), DataError);
    PublishedFile file = images_file;
    file.digest = Digest::of_unpacked;
    fetch({mirror.address()}, {file});
    EXPECT_EQ(have("images.gz"), packed);
}

TEST_F(DatasetFetch, SaysWhatWasTriedAndHowToGoOnWithoutANetwork) {
    const Mirror empty({});
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(refusal({nobody, empty.address() + "files"}),
              "tiny: images.gz must come from a mirror; got none from " + nobody + ", " + empty.address() +
                  "files; try again with a network, which continues what has come, or put images.gz into " +
                  place_.string() + " by hand");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
    EXPECT_THROW(fetch({nobody}), MissingInput);
    EXPECT_EQ(names(), Names{});
    refusal({empty.address() + "files"});
    EXPECT_EQ(failures_, Names{empty.address() + "files/images.gz: The requested URL returned error: 404"});
}

TEST_F(DatasetFetch, TakesAnEmptyAnswerForNone) {
    const Mirror mirror({{"images.gz", std::string()}});
    EXPECT_THROW(fetch({mirror.address()}), MissingInput);
    EXPECT_EQ(failures_, Names{mirror.address() + "images.gz: the answer is empty"});
    EXPECT_EQ(names(), Names{});
}

TEST_F(DatasetFetch, AsksTheMirrorThatServedFirst) {
    Mirror empty({}), mirror({{"images.gz", images()}, {"labels.gz", labels()}});
    fetch({empty.address(), mirror.address()}, {images_file, labels_file});
    EXPECT_EQ(empty.requests, 1);
    EXPECT_EQ(mirror.requests, 2);
}

TEST_F(DatasetFetch, FollowsWhereAFileHasMoved) {
    const Mirror mirror({{"images.gz", images()}});
    put("images.gz.part", images().substr(0, 1'000));
    fetch({mirror.address() + "moved"});
    EXPECT_EQ(have("images.gz"), images());
    EXPECT_EQ(mirror.bytes_sent, images().size() - 1'000);
}

TEST_F(DatasetFetch, LeavesAServerThatFallsSilent) {
    Mirror mirror({{"images.gz", images()}});
    mirror.cut = 0;
    mirror.at_the_cut = Mirror::AtTheCut::is_silent;
    EXPECT_THROW(fetch({mirror.address()}, {images_file}, {.limits = {.stalling = 1s}}), MissingInput);
    EXPECT_EQ(failures_, Names{mirror.address() +
                               "images.gz: Operation too slow. Less than 1 bytes/sec transferred the last 1 seconds"});
}

// Of a file that takes 10 s in all.
TEST_F(DatasetFetch, LeavesServersThatAreTooSlowAltogetherAndContinuesLater) {
    Mirror mirror({{"images.gz", images()}}), other({{"images.gz", images()}});
    mirror.at_once = 1'000, mirror.pause = 100ms;
    const auto begin = std::chrono::steady_clock::now();
    const std::string told = error_of([&] {
        fetch({mirror.address(), other.address()}, {images_file}, {.limits = {.total = 500ms}});
    });
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    EXPECT_EQ(told, "tiny: took longer than 0.5 s; adjoint data get tiny goes on where it stopped");
    EXPECT_EQ(other.requests, 0) << "there is no time for another";
    EXPECT_EQ(failures_, Names{});
    const std::string come = have("images.gz.part");
    EXPECT_GE(come.size(), 1'000U);
    EXPECT_EQ(come, images().substr(0, come.size()));

    fetch({other.address()});
    EXPECT_EQ(have("images.gz"), images());
    EXPECT_EQ(other.bytes_sent, images().size() - come.size());
}

TEST_F(DatasetFetch, WaitsForNobodyBeyondItsTime) {
    const Mirror mirror({{"images.gz", images()}});
    fs::create_directories(place_);
    const int other = ::open(place_.c_str(), O_RDONLY | O_DIRECTORY);
    ASSERT_EQ(::flock(other, LOCK_EX), 0);
    EXPECT_EQ(error_of([&] { fetch({mirror.address()}, {images_file}, {.limits = {.total = 200ms}}); }),
              "tiny: took longer than 0.2 s; adjoint data get tiny goes on where it stopped");
    EXPECT_EQ(mirror.requests, 0);
    ::close(other);
}

TEST_F(DatasetFetch, OfSomethingThatNobodyAskedForSaysWhyItFailedAndThrowsNothing) {
    Mirror empty({}), slow({{"images.gz", images()}});
    slow.at_once = 1'000, slow.pause = 100ms;
    const auto failure = [&](const std::vector<std::string>& mirrors) {
        return fail_to_fetch_soon({"tiny", "Tiny", mirrors, {images_file}}, place_, 500ms).value_or("none");
    };
    EXPECT_EQ(failure({empty.address(), nobody}), empty.address() + "images.gz: The requested URL returned error: 404");
    EXPECT_EQ(failure({empty.address(), slow.address()}),
              "tiny: took longer than 0.5 s; adjoint data get tiny goes on where it stopped");
    slow.pause = 0ms;
    EXPECT_EQ(failure({slow.address()}), "none");
    EXPECT_EQ(have("images.gz"), images());
    put("images.gz", labels());
    EXPECT_TRUE(failure({slow.address()}).starts_with((place_ / "images.gz").string() + ": its elements must be"));
    fs::remove_all(place_);
    write_bytes(place_, "in the way");
    EXPECT_EQ(failure({slow.address()}), place_.string() + ": the directory cannot be made; Not a directory");
}

TEST_F(DatasetFetch, LeavesAnotherFileOfThatNameAsItIs) {
    const Mirror mirror({{"images.gz", images()}});
    put("images.gz", labels());
    EXPECT_EQ(refusal({mirror.address()}), (place_ / "images.gz").string() +
                                               ": its elements must be [100, 32, 32]; got [3]; the file is left as it "
                                               "is: move it away to have it fetched");
    EXPECT_EQ(have("images.gz"), labels());
    EXPECT_EQ(mirror.requests, 0);
}

TEST_F(DatasetFetch, SaysWhereItCannotWrite) {
    const Mirror mirror({{"images.gz", images()}});
    fs::create_directories(place_ / "images.gz.part");
    EXPECT_EQ(error_about<CannotWrite>(place_ / "images.gz.part", [&] { fetch({mirror.address()}); }),
              "cannot be written; Is a directory");
}

TEST_F(DatasetFetch, WaitsForWhoeverFetchesIntoTheDirectory) {
    Mirror mirror({{"images.gz", images()}});
    fs::create_directories(place_);
    const int other = ::open(place_.c_str(), O_RDONLY | O_DIRECTORY);
    ASSERT_EQ(::flock(other, LOCK_EX), 0);
    const auto fetched = std::async(std::launch::async, [&] { fetch({mirror.address()}); });
    EXPECT_EQ(fetched.wait_for(200ms), std::future_status::timeout);
    EXPECT_EQ(mirror.requests, 0);
    put("images.gz", images());
    ::close(other);
    fetched.wait();
    EXPECT_EQ(mirror.requests, 0);
}

}  // namespace
}  // namespace adjoint
