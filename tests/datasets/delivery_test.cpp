// Truths about images that several processes hold, each its share: every process gets those of its part of a batch,
// the same as one that holds all, and memory is divided.
#include "datasets/delivery.h"

#include <algorithm>

#include "datasets/augmentation.h"
#include "tests/support/idx_files.h"
#include "tests/support/joined_threads.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

// The first images, and those of two epochs, the second from its second batch on and changed.
std::vector<Tensor> seen(const MnistFiles& files) {
    const auto whole = std::make_shared<IdxDataset>(files);
    const auto some = std::make_shared<Subset>(whole, std::vector<Index>{20, 3, 4, 4, 9, 0, 11, 12, 13, 7, 21, 8, 5});
    const auto changed = std::make_shared<Augmented>(some, Augmentation::parse("shift,rotate"), Random(3));
    std::vector<Tensor> all = {first_batch(*some, 5).images};
    const auto add = [&](const std::shared_ptr<const Dataset>& images, const Batches::Options& options) {
        Batches batches(images, options);
        while (const std::optional<Batch> batch = batches.next()) all.push_back(gathered(batch->images));
    };
    add(some, {.batch_size = 5, .shuffle = Random(1)});
    add(changed, {.batch_size = 9, .shuffle = Random(2), .first = 1});
    return all;
}

struct Delivered : IdxFiles {
    const IdxArray images_ = random_array({22, 7, 5});
    const MnistFiles files_ = {write("images.gz", gzipped(encode(images_))), write("labels", encode({{22}, labels()}))};
    static std::vector<std::uint8_t> labels() {
        std::vector<std::uint8_t> all;
        for (std::uint8_t i = 0; i < 22; ++i) all.push_back(i % 10);
        return all;
    }
};

TEST_F(Delivered, BatchesAreThoseOfOneProcess) {
    const std::vector<Tensor> alone = seen(files_);
    for (Index count = 2; count <= 9; ++count) {
        const std::vector<Tensor> together = computed_by(count, [&] { return seen(files_); });
        EXPECT_TRUE(std::ranges::equal(together, alone, identical)) << count << " processes";
    }
}

TEST_F(Delivered, LabelsBelongToTheirImages) {
    run_as_processes(3, [&] {
        Batches batches(std::make_shared<IdxDataset>(files_), {.batch_size = 22, .shuffle = Random(1)});
        const Batch batch = *batches.next();
        const std::vector<Index> order = shuffled(22, Random(1));
        const Index first = part_of_batch(22).begin;
        for (std::size_t i = 0; i < batch.labels.size(); ++i)
            EXPECT_EQ(batch.labels[i], order[static_cast<std::size_t>(first) + i] % 10);
    });
}

TEST_F(Delivered, ImagesAreHeldByOneProcessEach) {
    const std::uint32_t alone = IdxDataset(files_).checksum();
    run_as_processes(3, [&] {
        const IdxDataset dataset(files_);
        EXPECT_EQ(dataset.size(), 22);
        EXPECT_EQ(dataset.checksum(), alone);
        std::vector<float> pixels(35);
        for (Index image = 0; image < 22; ++image) {
            EXPECT_EQ(dataset.holder(image), image % 3);
            if (image % 3 == Processes::here()->rank()) {
                EXPECT_EQ(dataset.read(image, pixels), image % 10);
            } else {
                EXPECT_EQ(error_of([&] { dataset.read(image, pixels); }),
                          fmt::format("IdxDataset::read: image {} is held by process {}", image, image % 3));
            }
        }
    });
    EXPECT_EQ(read_idx(files_.images, {.rank = 2, .count = 3}).elements.size(), 7U * 35U);
}

}  // namespace
}  // namespace adjoint
