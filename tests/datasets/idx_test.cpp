// Does read_idx read what was written, and refuse everything else in words that say what is wrong and where?
#include "datasets/idx.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <numeric>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include "framework/error.h"
#include "framework/random.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

void write_bytes(const fs::path& path, const Bytes& content) {
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(content.data()), std::ssize(content));
}

class Idx : public testing::Test {
  protected:
    Idx() {
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        directory_ = fs::temp_directory_path() / fmt::format("adjoint_{}_{}", test->name(), getpid());
        fs::create_directories(directory_);
    }
    ~Idx() override { fs::remove_all(directory_); }

    fs::path write(const std::string& name, const Bytes& content) const {
        write_bytes(directory_ / name, content);
        return directory_ / name;
    }

    fs::path directory_;
};

Bytes joined(Bytes first, const Bytes& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

// The bytes of an IDX file, written after the definition of the format.
Bytes encode(const IdxArray& array) {
    Bytes bytes{0, 0, 0x08, static_cast<std::uint8_t>(array.shape.size())};
    for (const Index extent : array.shape) {
        for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(extent >> shift));
    }
    return joined(bytes, array.elements);
}

Bytes gzipped(const Bytes& bytes) {
    z_stream stream{};
    deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    Bytes packed(deflateBound(&stream, bytes.size()));
    stream.next_in = const_cast<Bytef*>(bytes.data());
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = packed.data();
    stream.avail_out = static_cast<uInt>(packed.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

IdxArray random_array(const Shape& shape, std::uint64_t seed = 1) {
    IdxArray array{shape, Bytes(static_cast<std::size_t>(element_count(shape)))};
    const Random random(seed);
    for (std::size_t i = 0; i < array.elements.size(); ++i) {
        array.elements[i] = static_cast<std::uint8_t>(random.below(256, i));
    }
    return array;
}

Bytes without_last(Bytes bytes, std::size_t count) {
    bytes.resize(bytes.size() - count);
    return bytes;
}

// The message of the E that `action` throws; which E it is decides the program's exit status.
template <class E>
std::string refusal(const auto& action) {
    try {
        action();
    } catch (const E& error) {
        return error.what();
    }
    return "(nothing was thrown)";
}

void expect_refused(const fs::path& path, const std::string& message) {
    EXPECT_EQ(refusal<DataError>([&] { read_idx(path); }), path.string() + ": " + message);
}

void expect_missing(const fs::path& path, const std::string& message) {
    EXPECT_EQ(refusal<MissingInput>([&] { read_idx(path); }), path.string() + ": " + message);
}

// Round trips.

TEST_F(Idx, ReadsWhatWasWrittenPlainOrGzipped) {
    for (const Shape& shape : std::vector<Shape>{{1}, {7}, {3, 4, 5}, {2, 28, 28}, {2, 3, 1, 4, 2}, {5, 600, 700}}) {
        const IdxArray array = random_array(shape);
        for (const Bytes& content : {encode(array), gzipped(encode(array))}) {
            const IdxArray read = read_idx(write("file", content));
            EXPECT_EQ(read.shape, shape);
            EXPECT_EQ(read.elements, array.elements);
        }
    }
}

TEST_F(Idx, ReadsAFileGzippedInSeveralMembers) {
    const IdxArray array = random_array({3, 4, 5});
    const Bytes bytes = encode(array);
    const Bytes head(bytes.begin(), bytes.begin() + 20), tail(bytes.begin() + 20, bytes.end());
    EXPECT_EQ(read_idx(write("file.gz", joined(gzipped(head), gzipped(tail)))).elements, array.elements);
}

// Files that are not there or cannot be read.

TEST_F(Idx, RefusesAFileThatIsNotThere) {
    expect_missing(directory_ / "nothing", "the file cannot be opened; got No such file or directory");
    expect_missing(write("file", {}) / "below", "the file cannot be opened; got Not a directory");
}

TEST_F(Idx, RefusesADirectory) { expect_missing(directory_, "expected a file; got a directory"); }

TEST_F(Idx, RefusesAFileThatCannotBeOpened) {
    const fs::path circle = directory_ / "circle";
    fs::create_symlink(circle, circle);
    expect_missing(circle, "the file cannot be opened; got Too many levels of symbolic links");
}

TEST_F(Idx, RefusesAFileThatTheSystemCannotRead) {
    // Page 0 of this process is never mapped.
    expect_missing("/proc/self/mem", "at byte 0: the file cannot be read; got Input/output error");
}

// Headers.

TEST_F(Idx, RefusesAnEmptyFile) {
    for (const Bytes& content : {Bytes{}, gzipped({})}) {
        expect_refused(write("file", content), "at byte 0: expected 4 bytes of an IDX file's magic number; got 0");
    }
}

TEST_F(Idx, RefusesATruncatedHeader) {
    expect_refused(write("a", {0, 0, 8}), "at byte 0: expected 4 bytes of an IDX file's magic number; got 3");
    expect_refused(write("b", {0, 0, 8, 3, 0, 0, 0, 1, 0}), "at byte 4: expected 12 bytes of extents; got 5");
    expect_refused(write("c", gzipped({0, 0, 8, 1})), "at byte 4: expected 4 bytes of extents; got 0");
}

TEST_F(Idx, RefusesAnotherFormat) {
    expect_refused(write("picture.png", {0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A}),
                   "at byte 0: an IDX file begins with two bytes 0x00; got 0x89 0x50");
    expect_refused(write("swapped", {0, 1, 8, 3}), "at byte 0: an IDX file begins with two bytes 0x00; got 0x00 0x01");
}

TEST_F(Idx, RefusesOtherElementTypes) {
    const std::vector<std::pair<std::uint8_t, std::string>> types{
        {0x09, "0x09 (signed byte)"}, {0x0B, "0x0b (int16)"},   {0x0C, "0x0c (int32)"},  {0x0D, "0x0d (float32)"},
        {0x0E, "0x0e (float64)"},     {0x00, "0x00 (unknown)"}, {0x0A, "0x0a (unknown)"}};
    for (const auto& [code, described] : types) {
        expect_refused(write("file", {0, 0, code, 1, 0, 0, 0, 1, 7}),
                       "at byte 2: element type must be 0x08 (unsigned byte); got " + described);
    }
}

TEST_F(Idx, RefusesRankZero) {
    expect_refused(write("file", {0, 0, 8, 0, 7}), "at byte 3: rank must be at least 1; got 0");
}

TEST_F(Idx, RefusesAnExtentOfZero) {
    expect_refused(write("none", encode({{0, 28, 28}, {}})),
                   "at byte 4: every extent must be at least 1; got [0, 28, 28]");
    expect_refused(write("flat", encode({{2, 0, 28}, {}})),
                   "at byte 4: every extent must be at least 1; got [2, 0, 28]");
}

TEST_F(Idx, RefusesExtentsWhoseProductOverflows) {
    constexpr Index most = (Index{1} << 32) - 1;
    expect_refused(write("file", encode({{most, most, most}, {1, 2, 3}})),
                   "at byte 4: extents must multiply to less than 2^63; got [4294967295, 4294967295, 4294967295]");
}

// Elements.

TEST_F(Idx, RefusesTruncatedElements) {
    const Bytes bytes = encode(random_array({3, 4, 5}));
    expect_refused(write("a", without_last(bytes, 1)),
                   "at byte 16: expected 60 bytes of the elements of [3, 4, 5]; got 59");
    expect_refused(write("b", without_last(bytes, 60)),
                   "at byte 16: expected 60 bytes of the elements of [3, 4, 5]; got 0");
    expect_refused(write("c", gzipped(without_last(bytes, 7))),
                   "at byte 16: expected 60 bytes of the elements of [3, 4, 5]; got 53");
    expect_refused(write("d", encode({{60000, 28, 28}, Bytes(12345)})),
                   "at byte 16: expected 47040000 bytes of the elements of [60000, 28, 28]; got 12345");
}

TEST_F(Idx, DoesNotAllocateWhatTheHeaderClaims) {
    // 2⁶² bytes are claimed; 3 MB and a bit are there.
    const Bytes elements(3'000'001);
    const fs::path path = write("file", encode({{Index{1} << 31, Index{1} << 31}, elements}));
    expect_refused(path,
                   "at byte 12: expected 4611686018427387904 bytes of the elements of [2147483648, 2147483648]; "
                   "got 3000001");
}

TEST_F(Idx, RefusesTrailingBytes) {
    const Bytes bytes = joined(encode(random_array({3, 4, 5})), {0xAB, 0xCD});
    for (const Bytes& content : {bytes, gzipped(bytes)}) {
        expect_refused(write("file", content), "at byte 76: expected the end of the file; got 0xab");
    }
}

TEST_F(Idx, RefusesADamagedGzipStream) {
    const Bytes packed = gzipped(encode(random_array({3, 4, 5})));
    Bytes wrong_checksum = packed;
    wrong_checksum[packed.size() - 8] ^= 1;
    expect_refused(write("checksum.gz", wrong_checksum),
                   "at byte 0: the gzip stream is damaged; got incorrect data check");
    Bytes wrong_length = packed;
    wrong_length[packed.size() - 4] ^= 1;
    expect_refused(write("length.gz", wrong_length),
                   "at byte 0: the gzip stream is damaged; got incorrect length check");
    expect_refused(write("cut_checksum.gz", without_last(packed, 3)),
                   "at byte 76: the gzip stream is damaged; got unexpected end of file");
    expect_refused(write("cut_header.gz", Bytes(packed.begin(), packed.begin() + 5)),
                   "at byte 0: the gzip stream is damaged; got unexpected end of file");
}

// Whatever the bytes are, they are read right or refused, and at no great cost in memory.

Bytes mutated(Bytes bytes, const Random& random) {
    const auto any = [&](std::uint64_t i) { return static_cast<std::uint8_t>(random.below(256, i)); };
    switch (random.below(4, 0)) {
        case 0:
            bytes.resize(random.below(bytes.size(), 1));
            break;
        case 1:
            bytes.insert(bytes.end(), 1 + random.below(40, 1), any(2));
            break;
        case 2:
            bytes.insert(bytes.begin() + static_cast<Index>(random.below(bytes.size(), 1)), any(2));
            break;
        default:
            const std::uint64_t changes = 1 + random.below(3, 1);
            for (std::uint64_t i = 0; i < changes; ++i) bytes[random.below(bytes.size(), 2 + 2 * i)] = any(3 + 2 * i);
    }
    return bytes;
}

// Calls check(content, what was read) for every mutation that is read, and returns the number of those refused.
int fuzz(const fs::path& path, const Bytes& valid, const auto& check) {
    int refused = 0;
    for (std::uint64_t trial = 0; trial < 2000; ++trial) {
        const Bytes content = mutated(valid, Random(7, trial));
        write_bytes(path, content);
        try {
            check(content, read_idx(path));
        } catch (const DataError& error) {
            ++refused;
            EXPECT_TRUE(std::string(error.what()).starts_with(path.string() + ": at byte ")) << error.what();
        }
    }
    return refused;
}

long peak_memory_in_mebibytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

TEST_F(Idx, ReadsMutatedPlainFilesToTheLetterOrRefusesThem) {
    const long before = peak_memory_in_mebibytes();
    const int refused = fuzz(directory_ / "file", encode(random_array({3, 4, 5})),
                             [](const Bytes& content, const IdxArray& read) { ASSERT_EQ(encode(read), content); });
    EXPECT_GT(refused, 1000);
    EXPECT_LT(refused, 2000);
    EXPECT_LT(peak_memory_in_mebibytes() - before, 512);
}

TEST_F(Idx, ReadsMutatedGzippedFilesAsTheyWereOrRefusesThem) {
    const long before = peak_memory_in_mebibytes();
    const Bytes original = encode(random_array({3, 4, 5}));
    const int refused = fuzz(directory_ / "file.gz", gzipped(original),
                             [&](const Bytes&, const IdxArray& read) { ASSERT_EQ(encode(read), original); });
    EXPECT_GT(refused, 1000);
    EXPECT_LT(refused, 2000);
    EXPECT_LT(peak_memory_in_mebibytes() - before, 512);
}

// Images with their labels.

using IdxDatasetTest = Idx;

TEST_F(IdxDatasetTest, ScalesBytesToUnitIntervalAndReturnsTheLabel) {
    const IdxArray images{{2, 2, 3}, {0, 51, 102, 153, 204, 255, 255, 0, 255, 0, 255, 0}};
    const IdxDataset dataset(
        {.images = write("images.gz", gzipped(encode(images))), .labels = write("labels", encode({{2}, {9, 61}}))});
    EXPECT_EQ(dataset.size(), 2);
    EXPECT_EQ(dataset.image_shape(), (Shape{2, 3, 1}));
    std::vector<float> pixels(6);
    EXPECT_EQ(dataset.read(0, pixels), 9);
    EXPECT_EQ(pixels, (std::vector<float>{0.0F, 0.2F, 0.4F, 0.6F, 0.8F, 1.0F}));
    EXPECT_EQ(dataset.read(1, pixels), 61);
    EXPECT_EQ(pixels, (std::vector<float>{1, 0, 1, 0, 1, 0}));
}

TEST_F(IdxDatasetTest, RefusesImagesAndLabelsThatDoNotBelongTogether) {
    const fs::path images = write("images", encode(random_array({3, 4, 5})));
    const fs::path labels = write("labels", encode({{2}, {0, 1}}));
    const auto refusal_of = [](const MnistFiles& files) { return refusal<DataError>([&] { IdxDataset{files}; }); };
    EXPECT_EQ(refusal_of({images, labels}),
              labels.string() + ": at byte 4: expected 3 labels, one an image of " + images.string() + "; got 2");
    EXPECT_EQ(refusal_of({labels, images}),
              labels.string() + ": at byte 3: images [N, H, W] have rank 3; got rank 1, [2]");
    EXPECT_EQ(refusal_of({images, images}),
              images.string() + ": at byte 3: labels [N] have rank 1; got rank 3, [3, 4, 5]");
}

TEST_F(IdxDatasetTest, RefusesZeroImages) {
    const fs::path images = write("images", encode({{0, 28, 28}, {}}));
    EXPECT_EQ(refusal<DataError>([&] {
                  IdxDataset({images, write("labels", encode({{0}, {}}))});
              }),
              images.string() + ": at byte 4: every extent must be at least 1; got [0, 28, 28]");
}

TEST_F(IdxDatasetTest, RefusesAnImageThatIsNotThereAndRoomOfAnotherSize) {
    const IdxDataset dataset(
        {.images = write("images", encode(random_array({2, 4, 5}))), .labels = write("labels", encode({{2}, {0, 1}}))});
    std::vector<float> pixels(20);
    for (const Index index : {-1, 2}) {
        EXPECT_EQ(refusal<Error>([&] { dataset.read(index, pixels); }),
                  fmt::format("IdxDataset::read: index must be from 0 to 1; got {}", index));
    }
    EXPECT_EQ(refusal<Error>([&] { dataset.read(0, std::span(pixels).first(19)); }),
              "IdxDataset::read: an image has 20 pixels; got room for 19");
}

// The usual names.

using FindMnist = Idx;

TEST_F(FindMnist, AcceptsTheUsualNamesAndPlaces) {
    for (const std::string place : {".", "mnist", "MNIST/raw"}) {
        for (const std::string separator : {"-", "."}) {
            for (const std::string packing : {"", ".gz"}) {
                for (const bool training : {true, false}) {
                    const std::string half = place + (training ? "/train" : "/t10k");
                    const std::string images = half + "-images" + separator + "idx3-ubyte" + packing;
                    const std::string labels = half + "-labels" + separator + "idx1-ubyte" + packing;
                    fs::create_directories(directory_ / place);
                    write(images, {1});
                    EXPECT_FALSE(find_mnist(directory_, training)) << "without labels";
                    write(labels, {2});
                    const auto found = find_mnist(directory_, training);
                    ASSERT_TRUE(found) << images;
                    EXPECT_TRUE(fs::equivalent(found->images, directory_ / images)) << found->images;
                    EXPECT_TRUE(fs::equivalent(found->labels, directory_ / labels)) << found->labels;
                    EXPECT_FALSE(find_mnist(directory_, !training)) << "that is the other half";
                    fs::remove(directory_ / images);
                    fs::remove(directory_ / labels);
                }
            }
        }
    }
}

TEST_F(FindMnist, TakesBothFilesFromOnePlace) {
    fs::create_directories(directory_ / "mnist");
    write("train-images-idx3-ubyte", {1});
    write("mnist/train-labels-idx1-ubyte", {2});
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
