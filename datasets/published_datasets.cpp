#include "datasets/published_datasets.h"

#include <algorithm>
#include <array>
#include <fmt/ranges.h>
#include <openssl/evp.h>
#include <string_view>

#include "datasets/idx.h"
#include "datasets/read_file.h"
#include "framework/tensor/error.h"

namespace adjoint {
namespace {

using Digest = PublishedFile::Digest;

// The four files under their usual names, the smallest first: something is seen to come soon.
std::vector<PublishedFile> four_files(Digest digest, const std::array<std::string, 4>& sha256) {
    return {{"t10k-labels-idx1-ubyte.gz", {10'000}, digest, sha256[0]},
            {"train-labels-idx1-ubyte.gz", {60'000}, digest, sha256[1]},
            {"t10k-images-idx3-ubyte.gz", {10'000, 28, 28}, digest, sha256[2]},
            {"train-images-idx3-ubyte.gz", {60'000, 28, 28}, digest, sha256[3]}};
}

std::string sha256_of(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    const bool made = EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1;
    require(made, "SHA-256: OpenSSL must have it; got an error");
    return fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + size, ""));
}

// The file that read_idx read this from, unpacked: it has one form for given elements.
std::string unpacked(const IdxArray& array) {
    std::string bytes = {0, 0, 0x08, static_cast<char>(array.shape.size())};
    for (const Index extent : array.shape) {
        for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<char>(extent >> shift));
    }
    return bytes.append(array.elements.begin(), array.elements.end());
}

}  // namespace

const PublishedDataset* find_published_dataset(const std::string& name) {
    static const std::vector<PublishedDataset> datasets = {
        // Mirrors have packed these files anew, so what is in them is what counts.   Source of the addresses:
        // torchvision, torchvision/datasets/mnist.py; TensorFlow Datasets, url_checksums/mnist.txt.
        {"mnist",
         "MNIST",
         {"https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/",
          "http://yann.lecun.com/exdb/mnist/"},
         four_files(Digest::of_unpacked, {"ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                                          "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                                          "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                                          "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"})},
        // Source: README.md and data/fashion of github.com/zalandoresearch/fashion-mnist and Keras' fashion_mnist.py
        // for the addresses; TensorFlow Datasets, url_checksums/fashion_mnist.txt, for the digests.
        {"fashion-mnist",
         "Fashion-MNIST",
         {"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
          "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
          "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"},
         four_files(Digest::of_packed, {"67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                                        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                                        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                                        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"})},
        // Source: README.md of github.com/rois-codh/kmnist for the address, which answers with and without encryption;
        // TensorFlow Datasets, url_checksums/kmnist.txt, for the digests.
        {"kmnist",
         "KMNIST",
         {"https://codh.rois.ac.jp/kmnist/dataset/kmnist/", "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"},
         four_files(Digest::of_packed, {"20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
                                        "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
                                        "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
                                        "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"})}};
    const auto found = std::ranges::find(datasets, name, &PublishedDataset::name);
    return found == datasets.end() ? nullptr : &*found;
}

std::string read_published(const std::string& path, const PublishedFile& file) {
    const IdxArray array = read_idx(path);
    require<DataError>(array.shape == file.shape, "{}: its elements must be {}; got {}", path, file.shape, array.shape);
    std::string bytes = read_file(path);
    const bool packed = file.digest == Digest::of_packed;
    const std::string sha256 = sha256_of(packed ? bytes : unpacked(array));
    require<DataError>(sha256 == file.sha256, "{}: the SHA-256 {} must be {}; got {}", path,
                       packed ? "of the file" : "of what is in it", file.sha256, sha256);
    return bytes;
}

}  // namespace adjoint
