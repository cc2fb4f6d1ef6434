// Atomic file writing: a file is written whole or not at all, under another name first, and renamed when it is safely
// on disk. Pipes, too.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace adjoint {

/// Throws CannotWrite `<path>: cannot be written; <reason>`, for a reason that errno gave.
[[noreturn]] void refuse_to_write(const std::filesystem::path& path, int reason);

/// Throws CannotWrite where something else than a regular file is at `path`, so that nobody waits for the other end of
/// a pipe.
void require_place_for_file(const std::filesystem::path& path);

/// Whether this names standard output: "-" or /dev/stdout.
bool is_standard_output(const std::filesystem::path& path);

/// Where the symbolic links at `path` lead, whether or not anything is there; throws as refuse_to_write does where that
/// is nowhere.
std::filesystem::path behind_links(std::filesystem::path path);

/// Opens a regular file, new or not, to which the descriptor adds. A symbolic link is not followed. Throws as
/// refuse_to_write does.
int open_to_append(const std::filesystem::path& path);

/// Adds a line to such a file. Throws as refuse_to_write does.
void append_line(const std::filesystem::path& path, const std::string& line);

/// The file at `path` holds exactly `content` afterwards, even if the machine fails, or is as it was before.
/// Throws as refuse_to_write does, and leaves nothing behind. Of processes that work together the lead alone writes.
void write_atomically(const std::filesystem::path& path, std::string_view content);

/// The same for what a person names: standard output, a pipe that is read, or a device gets the content as it is.
void write_output(const std::filesystem::path& path, std::string_view content);

/// Where messages about these files go: standard output, or standard error where one of them is standard output.
std::FILE* messages_beside(const std::vector<std::filesystem::path>& files);

/// Removes from a directory what write_atomically had not finished there when the program was killed. Nothing else may
/// be writing into it.
void remove_unfinished(const std::filesystem::path& directory);

}  // namespace adjoint
