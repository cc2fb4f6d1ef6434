// Truths about reading files: all bytes come, and what is no file is named without being opened.
#include "datasets/read_file.h"

#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "framework/tensor/error.h"
#include "tests/support/expectations.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

struct ReadFile : testing::Test {
    std::string refusal_of(const fs::path& path) const {
        return error_about<MissingInput>(path, [&] { read_file(path); });
    }
    TemporaryDirectory directory;
};

TEST_F(ReadFile, ReadsEveryByteThroughLinksToo) {
    const std::string content("a\0\r\n\xff", 5);
    write_bytes(directory / "file", content);
    write_bytes(directory / "empty", "");
    fs::create_symlink("file", directory / "link");
    EXPECT_EQ(read_file(directory / "file"), content);
    EXPECT_EQ(read_file(directory / "link"), content);
    EXPECT_EQ(read_file(directory / "empty"), "");
}

TEST_F(ReadFile, NamesWhatIsNoFileWithoutOpeningIt) {
    ASSERT_EQ(::mkfifo((directory / "fifo").c_str(), 0600), 0);
    ASSERT_EQ(::mknod((directory / "socket").c_str(), S_IFSOCK | 0600, 0), 0);
    fs::create_symlink("fifo", directory / "link");
    EXPECT_EQ(refusal_of(directory / "fifo"), "must be a file; got a FIFO");
    EXPECT_EQ(refusal_of(directory / "link"), "must be a file; got a FIFO");
    EXPECT_EQ(refusal_of(directory / "socket"), "must be a file; got a socket");
    EXPECT_EQ(refusal_of("/dev/null"), "must be a file; got a device");
    EXPECT_EQ(refusal_of(directory.path()), "must be a file; got a directory");
}

TEST_F(ReadFile, SaysWhyItCannotRead) {
    EXPECT_EQ(refusal_of(directory / "none"), "cannot be read; got No such file or directory");
    fs::create_symlink("circle", directory / "circle");
    EXPECT_EQ(refusal_of(directory / "circle"), "cannot be read; got Too many levels of symbolic links");
}

// A pipe that brings a text, and is open already.
std::string pipe_of(const std::string& text) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe(ends), 0);
    EXPECT_EQ(::write(ends[1], text.data(), text.size()), std::ssize(text));
    ::close(ends[1]);
    return fmt::format("/dev/fd/{}", ends[0]);
}

TEST_F(ReadFile, TakesOnlySoMuchOfAPipe) {
    const std::string ten("a\0\r\n\xff 6789", 10), pipe = pipe_of(ten + "0");
    EXPECT_EQ(read_input(pipe_of(ten), 10), ten);
    EXPECT_EQ(error_about<DataError>(pipe, [&] { read_input(pipe, 10); }), "must bring at most 10 bytes; got more");
    write_bytes(directory / "file", ten + "0");
    EXPECT_EQ(read_input(directory / "file", 10), ten + "0");
    const int file = ::open((directory / "file").c_str(), O_RDONLY);
    EXPECT_EQ(read_input(fmt::format("/dev/fd/{}", file), 10), ten + "0") << "its size is known";
    ::close(file);
}

}  // namespace
}  // namespace adjoint
