#include "datasets/image_folder.h"

#include <algorithm>
#include <filesystem>
#include <fmt/ranges.h>
#include <regex>
#include <span>
#include <utility>

#include "datasets/image_file.h"
#include "datasets/read_file.h"
#include "framework/tensor/error.h"
#include "framework/tensor/parallel.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

bool is_hidden(const fs::path& path) {
    const std::string name = path.filename().string();
    return name.starts_with('.') || name == "__MACOSX";  // in which macOS archives what it hides
}

bool is_image(const fs::path& path) {
    static const std::regex extension(R"(\.(png|jpe?g))", std::regex::icase);
    return std::regex_match(path.extension().string(), extension);
}

// Both without links.
bool is_in(const fs::path& inner, const fs::path& outer) {
    return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

// A walk through a folder and all beneath it, and what it has come across.
class Walk {
  public:
    explicit Walk(const fs::path& folder) { follow(folder, ""); }

    std::vector<std::pair<std::string, fs::path>> images;  // the label's name and the file
    std::vector<std::string> skipped;
    Index others = 0;

  private:
    // Enters a folder that is not directly beneath the one before.
    void follow(const fs::path& link, const std::string& label) {
        std::error_code error;
        way_.push_back(fs::canonical(link, error));
        enter(link, label);
        way_.pop_back();
    }

    void enter(const fs::path& folder, const std::string& label) {
        std::error_code error;
        for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
            if (!is_hidden(entry->path())) meet(entry->path(), label);
        }
        require<MissingInput>(!error, "{}: cannot be read; got {}", folder.string(), error.message());
    }

    void meet(const fs::path& path, const std::string& label) {
        std::error_code error, no_link;
        const fs::file_status status = fs::status(path, error);
        const fs::path target = fs::read_symlink(path, no_link);
        const std::string link = no_link ? "" : fmt::format("a link to {}", target.string());
        if (!fs::exists(status)) {
            skipped.push_back(fmt::format("{}: must be a file or a folder; got {}{}{}", path.string(), link,
                                          no_link ? "" : ": ", error.message()));
        } else if (!fs::is_directory(status)) {
            take(path, label);
        } else if (!link.empty() && leads_back(path)) {
            skipped.push_back(fmt::format("{}: must not lead to a folder that it is in; got {}", path.string(), link));
        } else {
            const std::string name = label.empty() ? path.filename().string() : label;
            if (!link.empty()) return follow(path, name);
            way_.back() /= path.filename();
            enter(path, name);
            way_.back() = way_.back().parent_path();
        }
    }

    void take(const fs::path& path, const std::string& label) {
        if (!is_image(path)) {
            ++others;
            return;
        }
        try {
            require_file(path);
            images.emplace_back(label, path);
        } catch (const MissingInput& error) {
            skipped.push_back(error.what());
        }
    }

    bool leads_back(const fs::path& link) const {
        std::error_code error;
        const fs::path target = fs::canonical(link, error);
        return std::ranges::any_of(way_, [&](const fs::path& folder) { return is_in(folder, target); });
    }

    // Where it is, without links, and before that where each link was that it has followed.
    std::vector<fs::path> way_;
};

}  // namespace

ImageFolder::ImageFolder(const std::string& folder, const Options& options) : options_(options) {
    require(options.image_size >= 0 && (options.channels == 0 || options.channels == 1 || options.channels == 3),
            "ImageFolder: images must be of at least 1 pixel, with 1 or 3 channels; got {} and {}", options.image_size,
            options.channels);
    find_files(folder);
    const Index found = size();
    check_files();
    require<DataError>(!files_.empty(), "{}: must hold an image that can be read; got {} that cannot", folder, found);
    std::sort(skipped_.begin(), skipped_.end());
    choose_size();
    for (const File& file : files_) {
        checksum_ = checksum_of(std::vector{file.checksum, static_cast<std::uint32_t>(file.label)}, checksum_);
    }
}

void ImageFolder::find_files(const std::string& folder) {
    std::error_code error;
    require<MissingInput>(fs::is_directory(folder, error), "{}: must be a folder of images; got {}", folder,
                          fs::exists(folder, error) ? "a file" : "no such directory");
    Walk walk(folder);
    std::sort(walk.skipped.begin(), walk.skipped.end());
    skipped_ = std::move(walk.skipped);
    others_ = walk.others;
    std::sort(walk.images.begin(), walk.images.end());
    if (options_.classes.empty()) {
        for (const auto& [name, path] : walk.images) {
            if (options_.classes.empty() || options_.classes.back() != name) options_.classes.push_back(name);
        }
    }
    for (const auto& [name, path] : walk.images) files_.push_back({path, label_of(name, folder)});
    std::string got = others_ == 0 ? "none" : fmt::format("{} files of other kinds", others_);
    if (!skipped_.empty()) got += fmt::format(", and {} skipped, first {}", skipped_.size(), skipped_.front());
    require<MissingInput>(!files_.empty(), "{}: must hold PNG or JPEG images; got {}", folder, got);
}

int ImageFolder::label_of(const std::string& name, const std::string& folder) {
    const auto found = std::ranges::find(options_.classes, name);
    require<DataError>(found != options_.classes.end(), "{}: its classes must be {}; got {}", folder,
                       fmt::join(options_.classes, ", "), name.empty() ? "files outside them" : name);
    return static_cast<int>(found - options_.classes.begin());
}

void ImageFolder::choose_size() {
    std::vector<Index> shorter;
    bool coloured = false;
    for (const File& file : files_) {
        shorter.push_back(std::min(file.height, file.width));
        largest_ = std::max({largest_, file.height, file.width});
        coloured = coloured || file.coloured;
    }
    std::ranges::sort(shorter);
    smallest_ = shorter.front();
    if (options_.image_size == 0) options_.image_size = suitable_side(shorter[shorter.size() / 2]);
    if (options_.channels == 0) options_.channels = coloured ? 3 : 1;
}

std::string ImageFolder::text() const {
    const auto [size, channels, skip_bad, classes] = options_;
    return fmt::format(
        "{} images, {} classes, {}–{} pixels, as {} × {} {}, cut to the square in the middle; {} files "
        "skipped, {} of other kinds",
        files_.size(), classes.size(), smallest_, largest_, size, size, channels == 1 ? "grey" : "RGB", skipped_.size(),
        others_);
}

void ImageFolder::check_files() {
    parallel_for(size(), [&](Index i) {
        File& file = files_[static_cast<std::size_t>(i)];
        try {
            const Picture picture = read_picture(file.path, options_.channels == 0 ? 3 : options_.channels);
            file.height = picture.view.height;
            file.width = picture.view.width;
            file.coloured = picture.coloured;
            file.checksum = picture.checksum;
        } catch (const Error& error) {
            file.fault = error.what();
        }
    });
    for (const File& file : files_) {
        require<DataError>(file.fault.empty() || options_.skip_bad, "{}", file.fault);
        if (!file.fault.empty()) skipped_.push_back(file.fault);
    }
    std::erase_if(files_, [](const File& file) { return !file.fault.empty(); });
}

int ImageFolder::read(Index index, std::span<float> pixels) const {
    require(0 <= index && index < size(), "ImageFolder::read: index must be from 0 to {}; got {}", size() - 1, index);
    const File& file = files_[static_cast<std::size_t>(index)];
    square_crop(read_picture(file.path, options_.channels).view, options_.image_size, pixels);
    return file.label;
}

}  // namespace adjoint
