#include "train/io/npz.h"

#include <algorithm>
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

// What an entry holds, decompressed, up to so many bytes; its checksum is compared at its end. Its length is not
// believed beforehand.
std::string content_of(zip_t* archive, zip_uint64_t index, const std::string& where, std::size_t most) {
    const Entry entry(zip_fopen_index(archive, index, 0));
    require<DataError>(entry != nullptr, "{}: cannot be unpacked; {}", where, zip_strerror(archive));
    zip_stat_t stored;
    zip_stat_init(&stored);
    zip_stat_index(archive, index, 0, &stored);
    std::string content;
    std::vector<char> part(1 << 16);
    while (content.size() < most) {
        const zip_int64_t count = zip_fread(entry.get(), part.data(), part.size());
        require<DataError>(count >= 0, "{}: cannot be unpacked; {}", where, zip_file_strerror(entry.get()));
        if (count == 0) break;
        content.append(part.data(), static_cast<std::size_t>(count));
        require_no_bomb(where, content.size(), stored.comp_size);
    }
    content.resize(std::min(content.size(), most));
    return content;
}

// Whether no array is to be expected in what has such a name: folders and files of another kind, and what file managers
// leave in archives.
bool is_hidden(const std::string& entry) {
    return entry.starts_with("__MACOSX/") || entry.starts_with('.') || entry.find("/.") != entry.npos;
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

StoredTensors open_npz(const fs::path& path) {
    const std::shared_ptr<zip_t> archive = open_archive(path);
    StoredTensors tensors;
    const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive.get(), 0));
    for (zip_uint64_t i = 0; i < count; ++i) {
        const char* const text = zip_get_name(archive.get(), i, ZIP_FL_ENC_GUESS);
        require<DataError>(text != nullptr, "{}: must be a .npz file; {}", path.string(), zip_strerror(archive.get()));
        const std::string entry = text, where = fmt::format("{}: {}", path.string(), entry);
        if (!entry.ends_with(extension)) continue;
        const ReadBeginning read = [=](std::size_t most) { return content_of(archive.get(), i, where, most); };
        if (is_hidden(entry) && !is_npy(read(16))) continue;
        const std::string name = entry.substr(0, entry.size() - extension.size());
        require<DataError>(tensors.emplace(name, stored_npy(where, read)).second,
                           "{}: must be there once; got it again", where);
    }
    require<DataError>(!tensors.empty(), "{}: must be a .npz file; it holds no array", path.string());
    return tensors;
}

std::map<std::string, Tensor> read_npz(const fs::path& path) {
    std::map<std::string, Tensor> tensors;
    for (const auto& [name, stored] : open_npz(path)) {
        if (!stored.foreign) tensors.emplace(name, stored.tensor());
    }
    return tensors;
}

void write_npz(const fs::path& path, const std::map<std::string, Tensor>& tensors) {
    std::map<std::string, std::string> files;
    for (const auto& [name, tensor] : tensors) files.emplace(name, npy_of(tensor));
    pack_npz(path, files);
}

void pack_npz(const fs::path& path, const std::map<std::string, std::string>& files) {
    require(!files.empty(), "write_npz: there must be a tensor; got none");
    const Source file(zip_source_buffer_create(nullptr, 0, 0, nullptr));
    Archive archive(zip_open_from_source(file.get(), ZIP_TRUNCATE, nullptr));
    zip_source_keep(file.get());  // the archive gives up its hold when it closes
    for (const auto& [name, content] : files) add(archive.get(), name, content);
    require<CannotWrite>(zip_close(archive.get()) == 0, "{}: cannot be written; {}", path.string(),
                         zip_strerror(archive.get()));
    archive.release();
    write_output(path, content_of(file.get()));
}

}  // namespace adjoint
