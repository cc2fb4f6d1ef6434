// Atomic file writing: a file is written whole or not at all, under another name first, and renamed when it is safely
// on disk. Pipes, too.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string_view>
#include <vector>

namespace adjoint {

/// Throws CannotWrite `<path>: cannot be written; <reason>`, for a reason that errno gave.
[[noreturn]] void refuse_to_write(const std::filesystem::path& path, int reason);

/// The file at `path` holds exactly `content` afterwards, even if the machine fails, or is as it was before.
/// Throws as refuse_to_write does, and leaves nothing behind. Of processes that work together the lead alone writes.
void write_atomically(const std::filesystem::path& path, std::string_view content);

/// The same for what a person names: "-" and /dev/stdout are standard output, and a pipe that is read, or a
/// device, gets the content as it is.
void write_output(const std::filesystem::path& path, std::string_view content);

/// Where messages about these files go: standard output, or standard error where one of them is standard output.
std::FILE* messages_beside(const std::vector<std::filesystem::path>& files);

/// Removes from a directory what write_atomically had not finished there when the program was killed. Nothing else may
/// be writing into it.
void remove_unfinished(const std::filesystem::path& directory);

}  // namespace adjoint
