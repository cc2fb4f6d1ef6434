#include "train/io/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <zlib.h>

#include "datasets/read_file.h"
#include "train/io/atomic_file.h"
#include "train/io/element_types.h"
#include "train/io/json_text.h"
#include "train/io/npy.h"

namespace adjoint {
namespace {

using Metadata = std::map<std::string, std::string>;

constexpr std::uint64_t largest_header = 100'000'000;  // as the format's own reader has it

// Version 0.1 called its checksum by the older name.
const std::string metadata_key = "__metadata__", checksum_key = "adjoint.crc32", old_checksum_key = "crc32";

// Where the bytes of a tensor lie among the elements.
using Range = std::array<std::uint64_t, 2>;

struct Entry {
    std::string type;
    Shape shape;
    Range range;
};

// Of the metadata and of all tensors' names, types, shapes and elements, in the order of their names: whatever way a
// tool writes them down, the same content has the same checksum.
class Checksum {
  public:
    void add(const Metadata& metadata) {
        for (const auto& [key, value] : metadata) {
            if (key != checksum_key && key != old_checksum_key) add(fmt::format("{}\n{}\n", key, value));
        }
    }
    void add(const std::string& name, const Entry& entry, std::string_view bytes) {
        add(fmt::format("{}\n{} {}\n", name, entry.type, entry.shape));
        add(bytes);
    }
    std::string text() const { return fmt::format("{:08x}", crc_); }

  private:
    void add(std::string_view bytes) {
        crc_ = ::crc32_z(crc_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    }
    uLong crc_ = ::crc32_z(0, nullptr, 0);
};

// The ranges follow one another without gap or overlap up to the end, as the format demands.
bool fill(std::vector<Range> ranges, std::uint64_t size) {
    ranges.insert(ranges.end(), {{0, 0}, {size, size}});
    std::ranges::sort(ranges);
    return std::ranges::adjacent_find(ranges, [](Range a, Range b) { return a[1] != b[0]; }) == ranges.end();
}

// Hears of the keys of a header as they stand there. Throws DataError where an object has one twice.
class HeaderKeys : public nlohmann::json_sax<nlohmann::json> {
  public:
    explicit HeaderKeys(const std::string& file) : file_(file) {}
    const std::string& last() const { return last_; }  // of the header itself

    bool start_object(std::size_t) override {
        open_.emplace_back();
        return true;
    }
    bool key(std::string& key) override {
        require<DataError>(open_.back().insert(key).second, "{}: the header must have each key once; got {:?} again",
                           file_, shortened(key));
        if (open_.size() == 1) last_ = key;
        return true;
    }
    bool end_object() override {
        open_.pop_back();
        return true;
    }

    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(std::int64_t) override { return true; }
    bool number_unsigned(std::uint64_t) override { return true; }
    bool number_float(double, const std::string&) override { return true; }
    bool string(std::string&) override { return true; }
    bool binary(nlohmann::json::binary_t&) override { return true; }
    bool start_array(std::size_t) override { return true; }
    bool end_array() override { return true; }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

  private:
    const std::string& file_;
    std::vector<std::set<std::string>> open_;  // keys of each object that is not at its end yet
    std::string last_;
};

// What read() gives; what it says is wrong with the header is said of that place.
auto said_of(const std::string& where, const auto& read) {
    try {
        return read();
    } catch (const DataError& error) {
        throw DataError(fmt::format("{}: {}", where, error.what()));
    }
}

// A header's value under a key.
template <class T>
T header_value(const std::string& where, const nlohmann::json& json, const std::string& key) {
    return said_of(where, [&] { return value_at<T>(json, key); });
}

Entry entry_of(const std::string& where, const nlohmann::json& json, std::uint64_t size) {
    const auto offsets = header_value<std::vector<Index>>(where, json, "data_offsets");
    require<DataError>(offsets.size() == 2, "{}: data_offsets must be two numbers; got {}", where,
                       shortened(fmt::format("{}", offsets)));
    const Entry entry = {header_value<std::string>(where, json, "dtype"),
                         header_value<Shape>(where, json, "shape"),
                         {static_cast<std::uint64_t>(offsets[0]), static_cast<std::uint64_t>(offsets[1])}};
    const auto [begin, end] = entry.range;
    require<DataError>(begin <= end && end <= size, "{}: the elements must lie in the file; got bytes {} to {} of {}",
                       where, begin, end, size);
    require<DataError>(is_countable(entry.shape), "{}: the shape does not fit the file; got {}", where, entry.shape);
    const ElementType* const type = safetensors_type(entry.type);
    if (type == nullptr) return entry;  // of a newer version of the format: only that knows how large it is
    const std::uint64_t expected = type->bytes(entry.shape);
    require<DataError>(end - begin == expected, "{}: shape {} takes {} bytes; got {}", where, entry.shape, expected,
                       end - begin);
    return entry;
}

// A file that is open, and its header.
class Reader {
  public:
    explicit Reader(const std::string& path) : file_(path) {
        std::uint64_t length = 0;
        require<DataError>(file_.size() >= sizeof length, "{}: must begin with 8 bytes of header length; got {} bytes",
                           path, file_.size());
        std::memcpy(&length, file_.read({.length = sizeof length}).data(), sizeof length);
        require<DataError>(length <= largest_header && length <= file_.size() - sizeof length,
                           "{}: the header must lie in the file; got a length of {} in {} bytes", path, length,
                           file_.size());
        first_ = sizeof length + length;
        read_header(file_.read({.begin = sizeof length, .length = length}));
    }

    const std::map<std::string, Entry>& entries() const { return entries_; }
    const Metadata& metadata() const { return metadata_; }

    Origin origin() {
        if (!origin_) origin_ = compare();
        return *origin_;
    }

    Tensor tensor(const std::string& name) {
        const Entry& entry = entries_.at(name);
        const ElementType* const type = safetensors_type(entry.type);
        require<DataError>(type != nullptr && type->tensor != nullptr, "{}: {}: must have elements of {}; got {}",
                           file_.path(), shortened(name), fmt::join(readable_safetensors_types(), ", "),
                           shortened(entry.type));
        return type->tensor(entry.shape, verified_bytes(entry), /*reversed=*/false);
    }

    std::string npy(const std::string& name) {
        const Entry& entry = entries_.at(name);
        const ElementType* const type = safetensors_type(entry.type);
        if (entry.type == "BF16") return npy_of(tensor(name));
        require<DataError>(type != nullptr && !type->npy.empty(), "{}: {}: must have a type that NumPy has; got {}",
                           file_.path(), shortened(name), shortened(entry.type));
        return npy_of(type->npy, entry.shape, verified_bytes(entry));
    }

  private:
    void read_header(const std::string& text) {
        const nlohmann::json header =
            said_of(file_.path() + ": the header", [&] { return json_object_of<nlohmann::json>(text); });
        HeaderKeys keys(file_.path());
        nlohmann::json::sax_parse(text, &keys);
        rewritten_ = keys.last() != metadata_key;
        std::vector<Range> ranges;
        const std::uint64_t size = file_.size() - first_;
        for (const auto& [name, json] : header.get_ref<const nlohmann::json::object_t&>()) {
            if (name == metadata_key) {
                metadata_ = header_value<Metadata>(file_.path(), header, name);
                continue;
            }
            ranges.push_back(entries_.emplace(name, entry_of(file_.path() + ": " + shortened(name), json, size))
                                 .first->second.range);
        }
        require<DataError>(fill(ranges, size),
                           "{}: the tensors must fill the file without gap or overlap; got {} tensors in {} bytes",
                           file_.path(), ranges.size(), size);
    }

    Origin compare() const {
        const bool old = !metadata_.contains(checksum_key);
        const auto expected = metadata_.find(old ? old_checksum_key : checksum_key);
        if (expected == metadata_.end()) return Origin::unknown;
        Checksum checksum;
        checksum.add(metadata_);
        for (const auto& [name, entry] : entries_) checksum.add(name, entry, bytes(entry));
        if (checksum.text() == expected->second) return Origin::unchanged;
        require<DataError>(rewritten_, "{}: is damaged: its checksum must be {}; got {}", file_.path(),
                           expected->second, checksum.text());
        return Origin::changed;
    }

    std::string bytes(const Entry& entry) const {
        return file_.read({.begin = first_ + entry.range[0], .length = entry.range[1] - entry.range[0]});
    }
    std::string verified_bytes(const Entry& entry) {
        origin();
        return bytes(entry);
    }

    InputFile file_;
    std::uint64_t first_ = 0;  // where the elements begin
    std::map<std::string, Entry> entries_;
    Metadata metadata_;
    bool rewritten_ = false;  // by another tool, as these write the metadata first; version 0.1 did too
    std::optional<Origin> origin_;
};

}  // namespace

bool has_checksum(const Metadata& metadata) {
    return metadata.contains(checksum_key) || metadata.contains(old_checksum_key);
}

void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors, Metadata metadata) {
    std::map<std::string, const Tensor*> by_name;
    std::map<std::string, Entry> entries;
    std::uint64_t end = 0;
    for (const auto& [name, tensor] : tensors) {
        require(name != metadata_key && by_name.emplace(name, &tensor).second,
                "write_safetensors: names must differ, and none be {}; got {}", metadata_key, name);
        const std::uint64_t begin = end;
        end += bytes_of(tensor).size();
        entries[name] = {tensor.dtype() == DType::float32 ? "F32" : "F64", tensor.shape(), {begin, end}};
    }
    Checksum checksum;
    checksum.add(metadata);
    for (const auto& [name, entry] : entries) checksum.add(name, entry, bytes_of(*by_name.at(name)));
    metadata[checksum_key] = checksum.text();

    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    for (const auto& [name, tensor] : tensors) {
        const Entry& entry = entries.at(name);
        header[name] = {{"dtype", entry.type}, {"shape", entry.shape}, {"data_offsets", entry.range}};
    }
    header[metadata_key] = metadata;  // last, where other tools do not write it: that tells their files from damage
    require(is_utf8(header), "write_safetensors: names and metadata must be UTF-8; got other bytes");
    std::string text = text_of_json(header);
    text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the elements are aligned
    const std::uint64_t length = text.size();
    std::string content(reinterpret_cast<const char*>(&length), sizeof length);
    content.reserve(sizeof length + length + end);
    content.append(text);
    for (const auto& [name, tensor] : tensors) content.append(bytes_of(tensor));
    write_atomically(path, content);
}

StoredSafetensors open_safetensors(const std::filesystem::path& path) {
    const auto file = std::make_shared<Reader>(path.string());
    StoredSafetensors result = {{}, file->metadata(), [file] { return file->origin(); }};
    for (const auto& [name, entry] : file->entries()) {
        const ElementType* const type = safetensors_type(entry.type);
        result.tensors.emplace(name, StoredTensor{.type = std::string(type ? type->name : entry.type),
                                                  .shape = entry.shape,
                                                  .bytes = entry.range[1] - entry.range[0],
                                                  .foreign = false,
                                                  .tensor = [=, name = name] { return file->tensor(name); },
                                                  .npy = [=, name = name] { return file->npy(name); }});
    }
    return result;
}

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
    const StoredSafetensors stored = open_safetensors(path);
    SafetensorsFile result = {{}, stored.metadata, stored.origin()};
    for (const auto& [name, tensor] : stored.tensors) result.tensors.emplace(name, tensor.tensor());
    return result;
}

}  // namespace adjoint
