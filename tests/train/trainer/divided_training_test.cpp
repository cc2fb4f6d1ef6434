// Truths about training whose batches are divided among processes: whatever their number, they end with the
// weights, the optimiser's memory, the metrics and the pictures of one process, bit for bit.
#include "datasets/digits/digit_scenes.h"
#include "datasets/digits/drawn_digits.h"
#include "framework/tensor/processes.h"
#include "tests/support/joined_threads.h"
#include "tests/support/values.h"
#include "train/tasks/registry.h"
#include "train/trainer/run_evaluation.h"
#include "train/trainer/training_steps.h"

namespace adjoint {
namespace {

// 45 training images in batches of 16, of which the last has 13: digits, or scenes of them.
Datasets images_for(const TaskSpec& task) {
    const auto part = [&](std::uint64_t first, Index size) -> std::shared_ptr<const Dataset> {
        const auto digits = std::make_shared<DigitsDataset>(DigitsDataset::Range{1, first, size});
        if (task.masked) return std::make_shared<DigitScenes>(digits, size, Random(first));
        return digits;
    };
    return {.name = "digits", .training = part(0, 45), .validation = part(100, 10), .test = part(200, 21)};
}

TrainingOptions small(const TaskSpec& task) {
    TrainingOptions options = task.defaults;
    options.batch_size = 16;
    options.sizes.width = 4;
    options.ema = 0.9;
    options.augment = task.masked ? "shift,flip" : "shift,flip,rotate,brightness";
    if (task.settings.noise) options.noise = 0.2;
    return options;
}

// All that five steps and an evaluation leave.
std::vector<Tensor> trained(const TaskSpec& task, TrainingOptions options) {
    const Datasets data = images_for(task);
    options.sizes.image_size = options.sizes.channels = 0;  // those of the images
    fit(options, data.record());
    const TrainingSetup setup = {task, options, data, RunRandom(options.seed)};
    const auto training = task.make_task(setup);
    TrainingSteps steps(setup, *training);
    std::vector<double> numbers;
    while (steps.state.steps < 5) {
        Batches epoch = steps.batches();
        while (const auto batch = epoch.next()) {
            for (const auto& [name, loss] : steps.take(*batch)) numbers.push_back(loss);
            steps.count({});
        }
        steps.begin_next_epoch();
    }
    const Evaluation evaluation = evaluate_run(*training, setup);
    for (const auto& [name, number] : evaluation.metrics) numbers.push_back(number);
    std::vector<Tensor> all = {Tensor({std::ssize(numbers)}, numbers, DType::float64), evaluation.picture};
    for (const auto& [name, tensor] : training->state_dict()) all.push_back(tensor);
    return all;
}

class DividedTraining : public testing::TestWithParam<std::string> {};

void expect_bits_of_one_process(const TaskSpec& task, const TrainingOptions& options) {
    const std::vector<Tensor> alone = trained(task, options);
    for (const Index count : {2, 3, 8}) {
        const std::vector<Tensor> together = computed_by(count, [&] { return trained(task, options); });
        ASSERT_EQ(together.size(), alone.size());
        for (std::size_t i = 0; i < alone.size(); ++i)
            EXPECT_TRUE(identical(together[i], alone[i])) << "tensor " << i << " of " << count << " processes";
    }
}

TEST_P(DividedTraining, EndsWithTheBitsOfOneProcess) {
    const TaskSpec& task = *find_task(GetParam());
    expect_bits_of_one_process(task, small(task));
}

TEST(DividedTrainingInBfloat16, EndsWithTheBitsOfOneProcess) {
    for (const char* name : {"dcgan", "classifier"}) {
        const TaskSpec& task = *find_task(name);
        TrainingOptions options = small(task);
        options.precision = "bf16";
        options.sizes.width = 8;
        expect_bits_of_one_process(task, options);
    }
}

INSTANTIATE_TEST_SUITE_P(Of, DividedTraining, testing::ValuesIn(task_names()), [](const auto& task) {
    std::string name = task.param;
    std::erase(name, '-');
    return name;
});

}  // namespace
}  // namespace adjoint
