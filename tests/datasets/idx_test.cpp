// Truths about IDX files: read_idx reads what was written, and refuses everything else in words that say what is wrong
// and where; images and labels that belong together become a dataset, and MNIST is found by its usual names.
#include "datasets/idx.h"

#include <array>
#include <cstdlib>
#include <gtest/gtest.h>
#include <numeric>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "framework/tensor/error.h"
#include "tests/support/idx_files.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using Idx = IdxFiles;

std::string without_last(const std::string& bytes, std::size_t count) { return bytes.substr(0, bytes.size() - count); }

void expect_refused(const fs::path& path, const std::string& message) {
    EXPECT_EQ(error_about<DataError>(path, [&] { read_idx(path); }), message);
}

void expect_missing(const fs::path& path, const std::string& message) {
    EXPECT_EQ(error_about<MissingInput>(path, [&] { read_idx(path); }), message);
}

// Round trips.

TEST_F(Idx, ReadsWhatWasWrittenPlainOrGzipped) {
    for (const Shape& shape : std::vector<Shape>{{1}, {7}, {3, 4, 5}, {2, 28, 28}, {2, 3, 1, 4, 2}, {5, 600, 700}}) {
        const IdxArray array = random_array(shape);
        for (const std::string& content : {encode(array), gzipped(encode(array))}) {
            const IdxArray read = read_idx(write("file", content));
            EXPECT_EQ(read.shape, shape);
            EXPECT_EQ(read.elements, array.elements);
        }
    }
}

TEST_F(Idx, ReadsAFileGzippedInSeveralMembers) {
    const IdxArray array = random_array({3, 4, 5});
    const std::string bytes = encode(array), packed = gzipped(bytes.substr(0, 20)) + gzipped(bytes.substr(20));
    EXPECT_EQ(read_idx(write("file.gz", packed)).elements, array.elements);
}

TEST_F(Idx, ReadsWhatComesThroughAPipe) {
    const IdxArray array = random_array({3, 4, 5});
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const std::string content = gzipped(encode(array));
    EXPECT_EQ(::write(ends[1], content.data(), content.size()), std::ssize(content));
    ::close(ends[1]);
    EXPECT_EQ(read_idx(fmt::format("/dev/fd/{}", ends[0])).elements, array.elements);
    ::close(ends[0]);
}

// Files that are not there or cannot be read.

TEST_F(Idx, RefusesAFileThatIsNotThere) {
    expect_missing(directory_ / "nothing", "the file cannot be opened; got No such file or directory");
    expect_missing(write("file", "") / "below", "the file cannot be opened; got Not a directory");
}

TEST_F(Idx, RefusesWhatCannotBeOpenedOrRead) {
    expect_missing(directory_, "expected a file; got a directory");
    const fs::path circle = directory_ / "circle";
    fs::create_symlink(circle, circle);
    expect_missing(circle, "the file cannot be opened; got Too many levels of symbolic links");
    // Page 0 of this process is never mapped.
    expect_missing("/proc/self/mem", "at byte 0: the file cannot be read; got Input/output error");
}

// Headers.

TEST_F(Idx, RefusesATruncatedHeader) {
    for (const std::string& content : {""s, gzipped("")}) {
        expect_refused(write("file", content), "at byte 0: expected 4 bytes of an IDX file's magic number; got 0");
    }
    expect_refused(write("a", "\0\0\x08"s), "at byte 0: expected 4 bytes of an IDX file's magic number; got 3");
    expect_refused(write("b", "\0\0\x08\x03\0\0\0\x01\0"s), "at byte 4: expected 12 bytes of extents; got 5");
    expect_refused(write("c", gzipped("\0\0\x08\x01"s)), "at byte 4: expected 4 bytes of extents; got 0");
}

TEST_F(Idx, RefusesAnotherFormat) {
    expect_refused(write("picture.png", "\x89PNG\r\n"),
                   "at byte 0: an IDX file begins with two bytes 0x00; got 0x89 0x50");
    expect_refused(write("swapped", "\0\x01\x08\x03"s),
                   "at byte 0: an IDX file begins with two bytes 0x00; got 0x00 0x01");
}

TEST_F(Idx, RefusesOtherElementTypes) {
    const std::vector<std::pair<char, std::string>> types{
        {0x09, "0x09 (signed byte)"}, {0x0B, "0x0b (int16)"},   {0x0C, "0x0c (int32)"},  {0x0D, "0x0d (float32)"},
        {0x0E, "0x0e (float64)"},     {0x00, "0x00 (unknown)"}, {0x0A, "0x0a (unknown)"}};
    for (const auto& [code, described] : types) {
        expect_refused(write("file", "\0\0"s + code + "\x01\0\0\0\x01\x07"s),
                       "at byte 2: element type must be 0x08 (unsigned byte); got " + described);
    }
}

TEST_F(Idx, RefusesShapesWithoutElements) {
    expect_refused(write("rank", "\0\0\x08\0\x07"s), "at byte 3: rank must be at least 1; got 0");
    expect_refused(write("none", encode({{0, 28, 28}, {}})),
                   "at byte 4: every extent must be at least 1; got [0, 28, 28]");
    expect_refused(write("flat", encode({{2, 0, 28}, {}})),
                   "at byte 4: every extent must be at least 1; got [2, 0, 28]");
}

TEST_F(Idx, RefusesExtentsWhoseProductOverflows) {
    constexpr Index most = (Index{1} << 32) - 1;
    expect_refused(write("file", encode({{most, most, most}, {1, 2, 3}})),
                   "at byte 4: extents must multiply to less than 2^60; got [4294967295, 4294967295, 4294967295]");
}

// Elements.

TEST_F(Idx, RefusesTruncatedElements) {
    const std::string bytes = encode(random_array({3, 4, 5}));
    const std::string expected = "at byte 16: expected 60 bytes of the elements of [3, 4, 5]; got ";
    expect_refused(write("a", without_last(bytes, 1)), expected + "59");
    expect_refused(write("b", without_last(bytes, 60)), expected + "0");
    expect_refused(write("c", gzipped(without_last(bytes, 7))), expected + "53");
    expect_refused(write("d", encode({{60000, 28, 28}, std::vector<std::uint8_t>(12345)})),
                   "at byte 16: expected 47040000 bytes of the elements of [60000, 28, 28]; got 12345");
}

TEST_F(Idx, DoesNotAllocateWhatTheHeaderClaims) {
    // 2⁵⁹ bytes are claimed; 3 MB and a bit are there.
    const std::vector<std::uint8_t> elements(3'000'001);
    expect_refused(write("file", encode({{Index{1} << 31, Index{1} << 28}, elements})),
                   "at byte 12: expected 576460752303423488 bytes of the elements of [2147483648, 268435456]; "
                   "got 3000001");
}

TEST_F(Idx, RefusesTrailingBytes) {
    const std::string bytes = encode(random_array({3, 4, 5})) + "\xab\xcd";
    for (const std::string& content : {bytes, gzipped(bytes)}) {
        expect_refused(write("file", content), "at byte 76: expected the end of the file; got 0xab");
    }
}

TEST_F(Idx, RefusesADamagedGzipStream) {
    const std::string packed = gzipped(encode(random_array({3, 4, 5})));
    std::string wrong_checksum = packed, wrong_length = packed;
    wrong_checksum[packed.size() - 8] ^= 1;
    wrong_length[packed.size() - 4] ^= 1;
    const std::string damaged = "the gzip stream is damaged; got ";
    expect_refused(write("a.gz", wrong_checksum), "at byte 0: " + damaged + "incorrect data check");
    expect_refused(write("b.gz", wrong_length), "at byte 0: " + damaged + "incorrect length check");
    expect_refused(write("c.gz", without_last(packed, 3)), "at byte 76: " + damaged + "unexpected end of file");
    expect_refused(write("d.gz", packed.substr(0, 5)), "at byte 0: " + damaged + "unexpected end of file");
}

// Whatever the bytes are, they are read right or refused, and at no great cost in memory.

long peak_memory_in_mebibytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

// Calls check(content, what was read) for every mutation that is read.
void fuzz(const fs::path& path, const std::string& valid, const auto& check) {
    const long before = peak_memory_in_mebibytes();
    std::mt19937 random(7);
    int refused = 0;
    for (int trial = 0; trial < 2000; ++trial) {
        const std::string content = damaged(valid, "\0\x01\x08"s, random);
        write_bytes(path, content);
        try {
            check(content, read_idx(path));
        } catch (const DataError& error) {
            ++refused;
            EXPECT_TRUE(std::string(error.what()).starts_with(path.string() + ": at byte ")) << error.what();
        }
    }
    EXPECT_GT(refused, 1000);
    EXPECT_LT(refused, 2000);
    EXPECT_LT(peak_memory_in_mebibytes() - before, 512);
}

TEST_F(Idx, ReadsMutatedFilesToTheLetterOrRefusesThem) {
    const std::string original = encode(random_array({3, 4, 5}));
    fuzz(directory_ / "file", original,
         [](const std::string& content, const IdxArray& read) { ASSERT_EQ(encode(read), content); });
    fuzz(directory_ / "file.gz", gzipped(original),
         [&](const std::string&, const IdxArray& read) { ASSERT_EQ(encode(read), original); });
}

// Images with their labels.

using IdxDatasetTest = IdxFiles;

TEST_F(IdxDatasetTest, ScalesBytesToUnitIntervalAndReturnsTheLabel) {
    const IdxArray images{{2, 2, 3}, {0, 51, 102, 153, 204, 255, 255, 0, 255, 0, 255, 0}};
    const IdxDataset dataset(
        {.images = write("images.gz", gzipped(encode(images))), .labels = write("labels", encode({{2}, {9, 6}}))});
    EXPECT_EQ(dataset.size(), 2);
    EXPECT_EQ(dataset.image_shape(), (Shape{2, 3, 1}));
    std::vector<float> pixels(6);
    EXPECT_EQ(dataset.read(0, pixels), 9);
    EXPECT_EQ(pixels, (std::vector<float>{0.0F, 0.2F, 0.4F, 0.6F, 0.8F, 1.0F}));
    EXPECT_EQ(dataset.read(1, pixels), 6);
    EXPECT_EQ(pixels, (std::vector<float>{1, 0, 1, 0, 1, 0}));
}

TEST_F(IdxDatasetTest, RefusesImagesAndLabelsThatDoNotBelongTogether) {
    const fs::path images = write("images", encode(random_array({3, 4, 5})));
    const fs::path labels = write("labels", encode({{2}, {0, 1}}));
    const auto refusal_of = [](const MnistFiles& files, const fs::path& blamed) {
        return error_about<DataError>(blamed, [&] { IdxDataset{files}; });
    };
    EXPECT_EQ(refusal_of({images, labels}, labels),
              "at byte 4: expected 3 labels, one an image of " + images.string() + "; got 2");
    const fs::path wrong = write("wrong", encode({{3}, {0, 9, 200}}));
    EXPECT_EQ(refusal_of({images, wrong}, wrong), "label 2 is 200, not one of 10 classes");
    EXPECT_EQ(refusal_of({labels, images}, labels), "at byte 3: images [N, H, W] have rank 3; got rank 1, [2]");
    EXPECT_EQ(refusal_of({images, images}, images), "at byte 3: labels [N] have rank 1; got rank 3, [3, 4, 5]");
}

TEST_F(IdxDatasetTest, RefusesAnImageThatIsNotThereAndRoomOfAnotherSize) {
    const IdxDataset dataset(
        {.images = write("images", encode(random_array({2, 4, 5}))), .labels = write("labels", encode({{2}, {0, 1}}))});
    std::vector<float> pixels(20);
    for (const Index index : {-1, 2}) {
        EXPECT_EQ(error_of([&] { dataset.read(index, pixels); }),
                  fmt::format("IdxDataset::read: index must be from 0 to 1; got {}", index));
    }
    EXPECT_EQ(error_of([&] { dataset.read(0, std::span(pixels).first(19)); }),
              "IdxDataset::read: an image has 20 pixels; got room for 19");
}

// The usual names.

using FindMnist = IdxFiles;

TEST_F(FindMnist, AcceptsTheUsualNamesAndPlaces) {
    for (const std::string place : {".", "mnist", "MNIST/raw"}) {
        fs::create_directories(directory_ / place);
        for (const std::string end : {"-idx%-ubyte", "-idx%-ubyte.gz", ".idx%-ubyte", ".idx%-ubyte.gz"}) {
            for (const bool training : {true, false}) {
                const auto name = [&](const std::string& what, char rank) {
                    std::string suffix = end;
                    suffix[suffix.find('%')] = rank;
                    return place + (training ? "/train-" : "/t10k-") + what + suffix;
                };
                const fs::path images = write(name("images", '3'), "");
                EXPECT_FALSE(find_mnist(directory_, training)) << "without labels";
                const fs::path labels = write(name("labels", '1'), "");
                const auto found = find_mnist(directory_, training);
                ASSERT_TRUE(found) << images;
                EXPECT_TRUE(fs::equivalent(found->images, images)) << found->images;
                EXPECT_TRUE(fs::equivalent(found->labels, labels)) << found->labels;
                EXPECT_FALSE(find_mnist(directory_, !training)) << "that is the other half";
                fs::remove(images);
                fs::remove(labels);
            }
        }
    }
}

TEST_F(FindMnist, TakesNoFifoForAFile) {
    write("train-labels-idx1-ubyte", "");
    ASSERT_EQ(::mkfifo((directory_ / "train-images-idx3-ubyte").c_str(), 0600), 0);
    EXPECT_FALSE(find_mnist(directory_, true));
    write("train-images-idx3-ubyte.gz", "");
    EXPECT_EQ(find_mnist(directory_, true)->images, directory_ / "train-images-idx3-ubyte.gz");
}

TEST_F(FindMnist, TakesBothFilesFromOnePlace) {
    fs::create_directories(directory_ / "mnist");
    write("train-images-idx3-ubyte", "");
    write("mnist/train-labels-idx1-ubyte", "");
    EXPECT_FALSE(find_mnist(directory_, true));
    EXPECT_FALSE(find_mnist(directory_ / "nowhere", true));
}

// MNIST itself, where ADJOINT_DATA_DIR says that it is at hand.

struct Half {
    bool training;
    std::array<Index, 10> labels;
    double mean_pixel;
};

void expect_mnist(const fs::path& directory, const Half& half) {
    const auto files = find_mnist(directory, half.training);
    ASSERT_TRUE(files) << "MNIST is not in " << directory;
    const IdxDataset dataset(*files);
    EXPECT_EQ(dataset.image_shape(), (Shape{28, 28, 1}));
    std::array<Index, 10> labels{};
    double sum = 0;
    std::vector<float> pixels(28 * 28);
    for (Index i = 0; i < dataset.size(); ++i) {
        ++labels.at(static_cast<std::size_t>(dataset.read(i, pixels)));
        sum += std::accumulate(pixels.begin(), pixels.end(), 0.0);
    }
    EXPECT_EQ(labels, half.labels);
    EXPECT_NEAR(sum / static_cast<double>(dataset.size() * 28 * 28), half.mean_pixel, 1e-4);
}

TEST_F(FindMnist, FindsMnistInTheDataDirectoryAndNothingInAnEmptyOne) {
    EXPECT_FALSE(find_mnist(directory_, true));
    EXPECT_FALSE(find_mnist(directory_, false));
    if (const char* data = std::getenv("ADJOINT_DATA_DIR")) {
        expect_mnist(data, {true, {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}, 0.1307});
        expect_mnist(data, {false, {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}, 0.1325});
    }
}

}  // namespace
}  // namespace adjoint
