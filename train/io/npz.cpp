#include "train/io/npz.h"

#include <deque>
#include <memory>
#include <string_view>
#include <vector>
#include <zip.h>

#include "datasets/read_file.h"
#include "train/io/atomic_file.h"
#include "train/io/npy.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view extension = ".npy";

struct Close {
    void operator()(zip_t* archive) const { zip_discard(archive); }
    void operator()(zip_file_t* entry) const { zip_fclose(entry); }
    void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Archive = std::unique_ptr<zip_t, Close>;
using Entry = std::unique_ptr<zip_file_t, Close>;
using Source = std::unique_ptr<zip_source_t, Close>;

Archive open_archive(const fs::path& path) {
    require_file(path);
    int code = 0;
    Archive archive(zip_open(path.c_str(), ZIP_RDONLY, &code));
    if (archive) return archive;
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    const bool unreadable =
        code == ZIP_ER_NOENT || code == ZIP_ER_OPEN || code == ZIP_ER_READ || code == ZIP_ER_OPNOTSUPP;
    require<MissingInput>(!unreadable, "{}: cannot be read; {}", path.string(), reason);
    throw DataError(fmt::format("{}: must be a .npz file; {}", path.string(), reason));
}

// What an entry holds, decompressed; its checksum is compared at its end. Its length is not believed beforehand.
std::string content_of(zip_t* archive, zip_uint64_t index, const std::string& where) {
    const Entry entry(zip_fopen_index(archive, index, 0));
    require<DataError>(entry != nullptr, "{}: cannot be unpacked; {}", where, zip_strerror(archive));
    std::string content;
    std::vector<char> part(1 << 16);
    for (zip_int64_t count; (count = zip_fread(entry.get(), part.data(), part.size())) != 0;) {
        require<DataError>(count > 0, "{}: cannot be unpacked; {}", where, zip_file_strerror(entry.get()));
        content.append(part.data(), static_cast<std::size_t>(count));
    }
    return content;
}

// The bytes of an archive that was made in memory.
std::string content_of(zip_source_t* source) {
    zip_stat_t status;
    zip_source_stat(source, &status);
    std::string content(status.size, '\0');
    zip_source_open(source);
    zip_source_read(source, content.data(), content.size());
    zip_source_close(source);
    return content;
}

void add(zip_t* archive, const std::string& name, const std::string& content) {
    constexpr zip_uint16_t midnight = 0, first_of_january_1980 = 1 << 5 | 1;
    zip_source_t* const source = zip_source_buffer(archive, content.data(), content.size(), 0);
    const zip_int64_t index = zip_file_add(archive, (name + std::string(extension)).c_str(), source, ZIP_FL_ENC_UTF_8);
    const auto at = static_cast<zip_uint64_t>(index);
    require<CannotWrite>(index >= 0 && zip_set_file_compression(archive, at, ZIP_CM_STORE, 0) == 0 &&
                             zip_file_set_dostime(archive, at, midnight, first_of_january_1980, 0) == 0,
                         "write_npz: an array cannot be added; got {:?}: {}", name, zip_strerror(archive));
}

}  // namespace

std::map<std::string, Tensor> read_npz(const fs::path& path) {
    const Archive archive = open_archive(path);
    std::map<std::string, Tensor> tensors;
    const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive.get(), 0));
    require<DataError>(count > 0, "{}: must be a .npz file; it holds nothing", path.string());
    for (zip_uint64_t i = 0; i < count; ++i) {
        const char* const text = zip_get_name(archive.get(), i, ZIP_FL_ENC_GUESS);
        require<DataError>(text != nullptr, "{}: must be a .npz file; {}", path.string(), zip_strerror(archive.get()));
        const std::string entry = text, where = fmt::format("{}: {}", path.string(), entry);
        require<DataError>(entry.ends_with(extension), "{}: must be a .npy file by its name", where);
        const std::string name = entry.substr(0, entry.size() - extension.size());
        Tensor tensor = tensor_of_npy(where, content_of(archive.get(), i, where));
        require<DataError>(tensors.emplace(name, std::move(tensor)).second, "{}: must be there once; got it again",
                           where);
    }
    return tensors;
}

void write_npz(const fs::path& path, const std::map<std::string, Tensor>& tensors) {
    require(!tensors.empty(), "write_npz: there must be a tensor; got none");
    const Source file(zip_source_buffer_create(nullptr, 0, 0, nullptr));
    Archive archive(zip_open_from_source(file.get(), ZIP_TRUNCATE, nullptr));
    zip_source_keep(file.get());       // the archive gives up its hold when it closes
    std::deque<std::string> contents;  // which stay where they are: the archive reads them when it closes
    for (const auto& [name, tensor] : tensors) add(archive.get(), name, contents.emplace_back(npy_of(tensor)));
    require<CannotWrite>(zip_close(archive.get()) == 0, "{}: cannot be written; {}", path.string(),
                         zip_strerror(archive.get()));
    archive.release();
    write_atomically(path, content_of(file.get()));
}

}  // namespace adjoint
