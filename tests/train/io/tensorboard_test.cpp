// Truths about event files: their bytes are those of the formats, and what is written is there at once.
#include "train/io/tensorboard.h"

#include <chrono>
#include <cstring>
#include <unistd.h>

#include "datasets/read_file.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/values.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

template <class T>
T number(const std::string& bytes, std::size_t at) {
    T value;
    std::memcpy(&value, bytes.substr(at, sizeof value).data(), sizeof value);
    return value;
}

/// The data of each record.
std::vector<std::string> records(const std::string& file) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < file.size(); at += 16 + all.back().size()) {
        all.push_back(file.substr(at + 12, number<std::uint64_t>(file, at)));
        EXPECT_EQ(file.substr(at, 16 + all.back().size()), tfrecord(all.back()));
    }
    return all;
}

/// A field that holds a message, or a text, of less than 128 bytes: its key, its length and its content.
std::string field(char key, const std::string& content) {
    EXPECT_LT(content.size(), 128u);
    return std::string{key, static_cast<char>(content.size())} + content;
}

class TensorBoard : public testing::Test {
  protected:
    TemporaryDirectory directory_;
    TensorBoardWriter writer{directory_ / "events", 5};

    std::string content() const { return read_file(writer.path()); }
    /// What is in the last event behind its time.
    std::string last_event() const { return records(content()).back().substr(9); }
};

// ---- records

TEST(Crc32c, IsThatOfThePublishedExamples) {
    std::string up, down;
    for (int i = 0; i < 32; ++i) up.push_back(static_cast<char>(i)), down.push_back(static_cast<char>(31 - i));
    EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);  // these from RFC 3720, B.4
    EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
    EXPECT_EQ(crc32c(up), 0x46dd794eu);
    EXPECT_EQ(crc32c(down), 0x113fdb5cu);
    EXPECT_EQ(crc32c(""), 0u);
}

TEST(TfRecord, IsTheseBytes) {
    EXPECT_EQ(tfrecord("123456789"), "\x09\0\0\0\0\0\0\0"s + "\x37\xf9\x71\x39"s + "123456789"s + "\xe5\xb0\x8a\xc7"s);
}

// ---- events

TEST_F(TensorBoard, StandsInAFileThatIsNamedForItsTimeAndMachine) {
    char host[256] = {};
    ASSERT_EQ(gethostname(host, sizeof host - 1), 0);
    const std::string name = writer.path().filename().string(), start = "events.out.tfevents.";
    ASSERT_TRUE(name.starts_with(start)) << name;
    EXPECT_NEAR(std::stod(name.substr(start.size(), 10)), static_cast<double>(std::time(nullptr)), 60);
    EXPECT_EQ(name.substr(start.size() + 10), "."s + host);
    EXPECT_EQ(writer.path().parent_path(), directory_ / "events");
}

TEST_F(TensorBoard, BeginsWithItsVersionAndTheStepFromWhichOnItCountsAndSaysWhen) {
    const std::vector<std::string> all = records(content());
    const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    ASSERT_EQ(all.size(), 2u);
    for (const std::string& record : all) {
        EXPECT_EQ(record[0], '\x09');  // field 1, 64 bits: when
        EXPECT_NEAR(number<double>(record, 1), now.count(), 60);
    }
    EXPECT_EQ(all[0].substr(9), ("\x10\0\x1a\x0d"
                                 "brain.Event:2"s));
    EXPECT_EQ(all[1].substr(9), "\x10\x05\x3a\x02\x08\x01"s);  // session_log {status: START}
}

TEST_F(TensorBoard, WritesScalarsAsTheseBytes) {
    writer.scalars(300, {{"loss", 0.5}, {"a/b", -2.0}});
    const std::string loss = field('\x0a', "loss") + "\x15\0\0\0\x3f"s, ab = field('\x0a', "a/b") + "\x15\0\0\0\xc0"s;
    EXPECT_EQ(last_event(), "\x10\xac\x02"s + field('\x2a', field('\x0a', loss) + field('\x0a', ab)));
    for (const double x : {0.1, -0.0, 1e30, 1e-45, 1e300, double{INFINITY}, double{NAN}}) {
        writer.scalars(1, {{"x", x}});
        const std::string value = field('\x0a', "x") + "\x15" + bytes<float>({static_cast<float>(x)});
        EXPECT_EQ(last_event(), "\x10\x01" + field('\x2a', field('\x0a', value))) << x;
    }
}

TEST_F(TensorBoard, WritesStepsAndLengthsAsTheseBytes) {
    const std::string value = field('\x2a', field('\x0a', field('\x0a', "x") + "\x15\0\0\x80\x3f"s));
    for (const auto& [step, varint] : {std::pair(std::int64_t{0}, "\0"s),
                                       {127, "\x7f"},
                                       {128, "\x80\x01"},
                                       {1L << 40, "\x80\x80\x80\x80\x80\x20"},
                                       {INT64_MAX, "\xff\xff\xff\xff\xff\xff\xff\xff\x7f"},
                                       {-1, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"}}) {
        writer.scalars(step, {{"x", 1}});
        EXPECT_EQ(last_event(), "\x10" + varint + value) << step;
    }
    const std::string name(1000, 'n');
    writer.scalars(1, {{name, 1}});
    EXPECT_EQ(last_event(), "\x10\x01\x2a\xf3\x07\x0a\xf0\x07\x0a\xe8\x07" + name + "\x15\0\0\x80\x3f"s);
}

TEST_F(TensorBoard, WritesImagesAsTheseBytes) {
    for (const Index channels : {1, 3}) {
        const Tensor image = Tensor::full({2, 5, channels}, 51 / 255.0);
        writer.image(7, "samples", image);
        const std::string content =
            "\x08\x02\x10\x05\x18"s + static_cast<char>(channels) + field('\x22', png_of(image));  // height, width
        const std::string value = field('\x0a', "samples") + field('\x22', content);
        EXPECT_EQ(last_event(), "\x10\x07" + field('\x2a', field('\x0a', value)));
    }
}

// ---- files

TEST_F(TensorBoard, IsThereAfterEachCall) {
    for (std::size_t records_before = 2; records_before < 5; ++records_before) {
        EXPECT_EQ(records(content()).size(), records_before);
        writer.scalars(1, {{"x", 1}});
    }
}

TEST_F(TensorBoard, GoesOnInAFileThatSortsBehindTheFirst) {
    writer.scalars(1, {{"x", 1}});
    const std::string first = content();
    fs::path last = writer.path();
    for (int i = 0; i < 12; ++i) {
        TensorBoardWriter next(directory_ / "events", 2);
        EXPECT_GT(next.path(), last);
        last = next.path();
    }
    EXPECT_EQ(content(), first);
    EXPECT_EQ(std::distance(fs::directory_iterator(directory_ / "events"), {}), 13);
}

TEST_F(TensorBoard, SaysWhereItCannotBeWritten) {
    write_bytes(directory_ / "file", "");
    const fs::path below = directory_ / "file" / "events";
    EXPECT_EQ(error_about<CannotWrite>(below, [&] { TensorBoardWriter(below, 0); }),
              "cannot be written; Not a directory");
    EXPECT_EQ(error_of([&] { writer.image(0, "x", Tensor()); }), "write_png: the image must be [H, W, 1 or 3]; got []");
}

}  // namespace
}  // namespace adjoint
