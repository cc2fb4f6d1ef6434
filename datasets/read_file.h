// File content: the bytes of a file, whole or in parts, or of what a pipe brings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace adjoint {

/// A regular file that stays open: all that is read is of one file, even where another takes its place meanwhile.
class InputFile {
  public:
    /// Throws MissingInput: `<path>: must be a file; got a FIFO`, which nobody waits for; or `<path>: cannot be read;
    /// got <why>`, as read() does, and SystemFailure where there is not the memory for it.
    explicit InputFile(std::string path);
    ~InputFile();
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    const std::string& path() const { return path_; }
    std::uint64_t size() const { return size_; }
    /// So many bytes from that one on, or as many as there are.
    struct Part {
        std::uint64_t begin = 0;
        std::uint64_t length = -1;
    };
    std::string read(const Part& part) const;

  private:
    std::string path_;
    int descriptor_;
    std::uint64_t size_ = 0;
};

/// All bytes of a regular file. Throws as InputFile does.
std::string read_file(const std::string& path);

/// The same, or nothing where no file is there.
std::optional<std::string> read_file_if_any(const std::string& path);

/// All bytes of a regular file, or all that an open pipe brings: "-" and /dev/stdin are standard input, and /dev/fd/63
/// is what a shell makes of <(command). A pipe may bring so many bytes: throws DataError where there are more.
std::string read_input(const std::string& path, std::uint64_t most_of_stream = 1 << 30);

/// Throws DataError where what was packed in so many bytes has become far more than what we pack: after 64 MiB, more
/// than 200 times as many, as images and numbers are packed to a tenth or so.
void require_no_bomb(const std::string& where, std::uint64_t unpacked, std::uint64_t packed);

/// Whether a path is that of an open pipe or file, as read_input takes them.
bool is_open_already(const std::string& path);

/// Throws as InputFile does where the path leads to a directory, FIFO, socket or device.
void require_file(const std::string& path);

}  // namespace adjoint
