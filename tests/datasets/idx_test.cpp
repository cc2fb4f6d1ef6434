// Truths about IDX files: read_idx reads what was written, and refuses everything else in words that say what is wrong
// and where.
#include "datasets/idx.h"

#include <gtest/gtest.h>
#include <string>
#include <sys/resource.h>

#include "framework/tensor/error.h"
#include "framework/tensor/random.h"
#include "tests/support/idx_files.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using Idx = IdxFiles;

Bytes without_last(Bytes bytes, std::size_t count) {
    bytes.resize(bytes.size() - count);
    return bytes;
}

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
    for (const Bytes& content : {Bytes{}, gzipped({})}) {
        expect_refused(write("file", content), "at byte 0: expected 4 bytes of an IDX file's magic number; got 0");
    }
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

TEST_F(Idx, RefusesShapesWithoutElements) {
    expect_refused(write("rank", {0, 0, 8, 0, 7}), "at byte 3: rank must be at least 1; got 0");
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
    const std::string expected = "at byte 16: expected 60 bytes of the elements of [3, 4, 5]; got ";
    expect_refused(write("a", without_last(bytes, 1)), expected + "59");
    expect_refused(write("b", without_last(bytes, 60)), expected + "0");
    expect_refused(write("c", gzipped(without_last(bytes, 7))), expected + "53");
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
    Bytes wrong_checksum = packed, wrong_length = packed;
    wrong_checksum[packed.size() - 8] ^= 1;
    wrong_length[packed.size() - 4] ^= 1;
    const std::string damaged = "the gzip stream is damaged; got ";
    expect_refused(write("a.gz", wrong_checksum), "at byte 0: " + damaged + "incorrect data check");
    expect_refused(write("b.gz", wrong_length), "at byte 0: " + damaged + "incorrect length check");
    expect_refused(write("c.gz", without_last(packed, 3)), "at byte 76: " + damaged + "unexpected end of file");
    expect_refused(write("d.gz", Bytes(packed.begin(), packed.begin() + 5)),
                   "at byte 0: " + damaged + "unexpected end of file");
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

long peak_memory_in_mebibytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

// Calls check(content, what was read) for every mutation that is read.
void fuzz(const fs::path& path, const Bytes& valid, const auto& check) {
    const long before = peak_memory_in_mebibytes();
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
    EXPECT_GT(refused, 1000);
    EXPECT_LT(refused, 2000);
    EXPECT_LT(peak_memory_in_mebibytes() - before, 512);
}

TEST_F(Idx, ReadsMutatedFilesToTheLetterOrRefusesThem) {
    const Bytes original = encode(random_array({3, 4, 5}));
    fuzz(directory_ / "file", original,
         [](const Bytes& content, const IdxArray& read) { ASSERT_EQ(encode(read), content); });
    fuzz(directory_ / "file.gz", gzipped(original),
         [&](const Bytes&, const IdxArray& read) { ASSERT_EQ(encode(read), original); });
}

}  // namespace
}  // namespace adjoint
