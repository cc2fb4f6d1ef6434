// Truths about reading files: all bytes come, and what is no file is named without being opened.
#include "datasets/read_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

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

}  // namespace
}  // namespace adjoint
