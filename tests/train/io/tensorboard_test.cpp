// Truths about event files: their bytes are those of the formats, checked by a reader that is written here a second
// time and from the other end, and what is written is there at once.
#include "train/io/tensorboard.h"

#include <bit>
#include <chrono>
#include <cstring>
#include <map>
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

// ---- an independent reader

template <class T>
T number(const std::string& bytes, std::size_t at) {
    T value;
    std::memcpy(&value, bytes.substr(at, sizeof value).data(), sizeof value);
    return value;
}

/// The data of each record, its checksums undone and compared.
std::vector<std::string> records(const std::string& file) {
    const auto crc = [&](std::size_t at) { return std::rotl(number<std::uint32_t>(file, at) - 0xa282ead8, 15); };
    std::vector<std::string> all;
    for (std::size_t at = 0; at < file.size();) {
        const auto length = number<std::uint64_t>(file, at);
        EXPECT_EQ(crc(at + 8), crc32c(file.substr(at, 8)));
        if (at + 12 + length + 4 > file.size()) throw std::out_of_range("a record ends behind the file");
        all.push_back(file.substr(at + 12, length));
        EXPECT_EQ(crc(at + 12 + length), crc32c(all.back()));
        at += 12 + length + 4;
    }
    return all;
}

struct Field {
    int number, wire_type;
    std::uint64_t bits;   ///< of a number
    std::string content;  ///< of what has a length
};

std::vector<Field> fields(const std::string& message) {
    std::size_t at = 0;
    const auto varint = [&] {
        std::uint64_t value = 0;
        for (int shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(message.at(at++));
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
    };
    std::vector<Field> all;
    while (at < message.size()) {
        const std::uint64_t key = varint();
        Field field{static_cast<int>(key >> 3), static_cast<int>(key & 7), 0, ""};
        if (field.wire_type == 0) field.bits = varint();
        if (field.wire_type == 1) field.bits = number<std::uint64_t>(message, std::exchange(at, at + 8));
        if (field.wire_type == 5) field.bits = number<std::uint32_t>(message, std::exchange(at, at + 4));
        if (field.wire_type == 2) {
            const std::uint64_t length = varint();
            field.content = message.substr(std::exchange(at, at + length), length);
        }
        all.push_back(field);
    }
    return all;
}

/// A message's fields by their numbers; each is there once.
std::map<int, Field> message(const std::string& bytes) {
    std::map<int, Field> all;
    for (const Field& field : fields(bytes)) EXPECT_TRUE(all.emplace(field.number, field).second) << field.number;
    return all;
}

class TensorBoard : public testing::Test {
  protected:
    TemporaryDirectory directory_;
    TensorBoardWriter writer{directory_ / "events", 5};

    std::string content() const { return read_file(writer.path()); }
    std::string last_record() const { return records(content()).back(); }

    /// The fields of the last event's only value.
    std::map<int, Field> last_value() const {
        const std::vector<Field> values = fields(message(last_record()).at(5).content);
        EXPECT_EQ(values.size(), 1u);
        EXPECT_EQ(values.at(0).number, 1);
        return message(values.at(0).content);
    }
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
    EXPECT_EQ(all[0].substr(9), "\x10\0\x1a\x0d"s + "brain.Event:2");
    EXPECT_EQ(all[1].substr(9), "\x10\x05\x3a\x02\x08\x01"s);  // session_log {status: START}
}

TEST_F(TensorBoard, WritesScalarsAsTheseBytes) {
    writer.scalars(300, {{"loss", 0.5}, {"a/b", -2.0}});
    const std::string loss = "\x0a\x04loss\x15\0\0\0\x3f"s, ab = "\x0a\x03"s + "a/b\x15\0\0\0\xc0"s;
    EXPECT_EQ(last_record().substr(9),
              "\x10\xac\x02"s  // step 300
              "\x2a\x19"s      // summary
              "\x0a\x0b"s +
                  loss + "\x0a\x0a"s + ab);
}

TEST_F(TensorBoard, ScalarsComeBack) {
    for (const double x : {0.1, -0.0, 1e30, 1e-45, 1e300, double{INFINITY}, double{NAN}}) {
        writer.scalars(1, {{"x", x}});
        const Field value = last_value().at(2);
        EXPECT_EQ(value.wire_type, 5);
        EXPECT_EQ(value.bits, std::bit_cast<std::uint32_t>(static_cast<float>(x))) << x;
        EXPECT_EQ(last_value().at(1).content, "x");
    }
    for (const std::int64_t step : {0L, 127L, 128L, 1L << 40, INT64_MAX, -1L}) {
        writer.scalars(step, {{"x", 1}});
        EXPECT_EQ(static_cast<std::int64_t>(message(last_record()).at(2).bits), step);
    }
    const std::string name(1000, 'n');
    writer.scalars(1, {{name, 1}});
    EXPECT_EQ(last_value().at(1).content, name);
}

TEST_F(TensorBoard, ImagesComeBack) {
    for (const Index channels : {1, 3}) {
        const Tensor image = Tensor::full({2, 5, channels}, 51 / 255.0);
        writer.image(7, "samples", image);
        EXPECT_EQ(message(last_record()).at(2).bits, 7u);
        EXPECT_EQ(last_value().at(1).content, "samples");
        std::map<int, Field> fields = message(last_value().at(4).content);
        EXPECT_EQ(fields.size(), 4u);
        EXPECT_EQ(fields.at(1).bits, 2u) << "height";
        EXPECT_EQ(fields.at(2).bits, 5u) << "width";
        EXPECT_EQ(fields.at(3).bits, static_cast<std::uint64_t>(channels)) << "colorspace";
        write_bytes(directory_ / "x.png", fields.at(4).content);
        expect_equal(read_image(directory_ / "x.png", channels), image, 1e-7);
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
    EXPECT_EQ(error_of([&] {
                  writer.image(0, "x", Tensor::zeros({2, 2, 2}));
              }),
              "write_png: the image must be [H, W, 1 or 3]; got [2, 2, 2]");
}

}  // namespace
}  // namespace adjoint
