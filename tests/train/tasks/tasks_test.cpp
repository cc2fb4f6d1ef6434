// Truths about the registry of tasks: each declares what its test measures and can do what it says; and a task of one's
// own needs three functions.
#include <map>

#include "datasets/digits/digit_scenes.h"
#include "datasets/digits/drawn_digits.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "layers/linear.h"
#include "tests/support/npy_files.h"
#include "tests/support/program.h"
#include "tests/support/values.h"
#include "train/data/array_dataset.h"
#include "train/tasks/classification.h"
#include "train/tasks/registry.h"
#include "train/tasks/trained_model.h"
#include "train/trainer/training_run.h"

namespace adjoint {
namespace {

Datasets few_digits() {
    const auto images = std::make_shared<DigitsDataset>(DigitsDataset::Range{1, 0, 20});
    return {.name = "digits", .training = images, .test = images};
}

// What the task learns from.
Datasets few_images(const TaskSpec& task) {
    if (!task.masked) return few_digits();
    const auto scenes = std::make_shared<DigitScenes>(few_digits().training, 4, Random(1));
    return {.name = "scenes", .training = scenes, .test = scenes};
}

TEST(Tasks, DeclareTheMetricsThatTheirTestsMeasure) {
    for (const TaskSpec& task : tasks()) {
        const Datasets data = few_images(task);
        TrainingOptions options = task.defaults;
        fit(options, data.record());
        const auto training = task.make_task({task, options, data, RunRandom(1)});
        const Evaluation evaluation = training->evaluate(data.test);
        std::vector<std::string> names;
        for (const auto& [name, value] : evaluation.metrics) names.push_back(name);
        EXPECT_EQ(names, task.metrics) << task.name;
        EXPECT_EQ(evaluation.loss.has_value(), task.settings.plateau) << task.name << ": plateau waits for a loss";
        EXPECT_FALSE(task.caption.empty()) << task.name;
    }
}

TEST(Tasks, ShowOneImageOrOneNoiseToEachNetwork) {
    for (const TaskSpec& task : tasks()) {
        for (const Index told : {0, 10}) {
            if (told > 0 && !task.settings.conditional) continue;
            TrainingOptions options = task.defaults;
            fit(options, few_images(task).record());
            options.sizes.told_classes = told;
            const auto model = task.make_model(Random(1), options);
            for (const auto& [name, network, input] : networks_of(task, *model, options.sizes)) {
                EXPECT_EQ(input.extent(0), 1) << task.name << ": " << name;
                EXPECT_EQ((*network)(input).extent(0), 1) << task.name << ": " << name;
            }
        }
    }
}

TEST(Tasks, RefuseImagesWithAMaskTooManyOrTooFew) {
    const Datasets digits = few_digits(), scenes = few_images(*find_task("unet"));
    const auto make = [](const char* name, const Datasets& data) {
        const TaskSpec& task = *find_task(name);
        return task.make_task({task, task.defaults, data, RunRandom(1)});
    };
    EXPECT_EQ(error_of([&] { make("unet", digits); }),
              "train unet: images must be masked, --dataset scenes or images:DIR with --masks DIR; got digits");
    EXPECT_EQ(error_of([&] { make("rbm", scenes); }), "train rbm: images must be without masks; got scenes");
}

TEST(Tasks, MeasureBlankImagesInFiniteNumbers) {
    const auto blank = std::make_shared<ArrayDataset>(Tensor::zeros({3, 28, 28, 1}), std::vector<int>(3, 0),
                                                      std::vector<std::string>{"0"});
    const TaskSpec& task = *find_task("super-resolution");
    const Datasets data = {.name = "arrays", .training = blank, .test = blank};
    const auto training = task.make_task({task, task.defaults, data, RunRandom(1)});
    for (const auto& [name, value] : training->evaluate(blank).metrics) EXPECT_TRUE(std::isfinite(value)) << name;
}

// Of equal images the mean of PSNRs is the PSNR of the mean, −10 log₁₀ error, in one batch and in several.
TEST(Tasks, MeasureOneImageAsOftenAsItIsThere) {
    const TaskSpec& task = *find_task("super-resolution");
    for (const std::size_t count : {1, 251}) {
        const std::vector<Variable> image(count, first_images(*few_digits().test, 1));
        const auto images = std::make_shared<ArrayDataset>(concatenate(image, 0).value(), std::vector<int>(count, 0),
                                                           std::vector<std::string>{"0"});
        const Datasets data = {.name = "arrays", .training = images, .test = images};
        std::map<std::string, double> found;
        for (const auto& named : task.make_task({task, task.defaults, data, RunRandom(1)})->evaluate(images).metrics)
            found.insert(named);
        EXPECT_NEAR(found.at("psnr"), -10 * std::log10(found.at("mse")), 1e-5);
    }
}

TEST(Tasks, CanDoWhatTheySay) {
    for (const TaskSpec& task : tasks()) {
        const ImageModelOptions& sizes = task.defaults.sizes;
        const Shape image = one_image(sizes).shape();
        const auto model = task.make_model(Random(1), task.defaults);
        if (task.draw) {
            EXPECT_EQ(task.draw(*model, Tensor::zeros({1, 1, 1, sizes.latent})).shape(), image) << task.name;
        }
        if (task.encode) {
            const Variable code = task.encode(*model, one_image(sizes));
            EXPECT_EQ(code.shape(), (Shape{1, sizes.latent})) << task.name;
            EXPECT_EQ(task.decode(*model, code).shape(), image) << task.name;
        }
        if (task.classifies) {
            EXPECT_EQ((*model)(one_image(sizes)).shape(), (Shape{1, 10})) << task.name;
        }
        if (task.features) {
            const Variable features = task.features(*model, one_image(sizes));
            expect_equal(task.classify(*model, features), (*model)(one_image(sizes)), 0.0);
        }
        if (task.stages) {
            EXPECT_FALSE(task.stages(*model).empty()) << task.name;
        }
    }
}

// So that a run without flags, and a figure of the bench, mean the same tomorrow.
TEST(Tasks, HaveDefaultsThatStay) {
    std::vector<std::string> said;
    for (const TaskSpec& task : tasks()) {
        const TrainingOptions& o = task.defaults;
        said.push_back(fmt::format("{}: {} epochs of batches of {}, {} {} ({}, {}), {}, latent {}, width {}", task.name,
                                   o.epochs, o.batch_size, o.optimizer.name, o.optimizer.learning_rate,
                                   o.optimizer.beta1, o.optimizer.beta2, o.schedule, o.sizes.latent, o.sizes.width));
        for (const Benchmark& benchmark : task.benchmarks)
            said.push_back(fmt::format("bench {}: {}", benchmark.name, benchmark.batch));
    }
    EXPECT_EQ(said, (std::vector<std::string>{
                        "autoencoder: 5 epochs of batches of 64, adam 0.002 (0.9, 0.999), cosine, latent 16, width 32",
                        "bench autoencoder: 128",
                        "vae: 5 epochs of batches of 32, adam 0.004 (0.9, 0.999), one-cycle, latent 16, width 32",
                        "classifier: 5 epochs of batches of 128, adam 0.001 (0.9, 0.999), cosine, latent 0, width 0",
                        "linear: 5 epochs of batches of 128, adam 0.001 (0.9, 0.999), constant, latent 0, width 0",
                        "dcgan: 5 epochs of batches of 64, adam 0.001 (0.5, 0.999), linear, latent 100, width 64",
                        "bench dcgan: 64", "bench dcgan64: 64", "bench generator: 64", "bench generator64: 64",
                        "bench generator128: 64",
                        "wgan-gp: 5 epochs of batches of 32, adam 0.0005 (0, 0.9), constant, latent 100, width 64",
                        "bench wgan-gp: 64", "bench wgan: 64",
                        "rbm: 5 epochs of batches of 128, adam 0.005 (0.9, 0.999), constant, latent 1, width 32",
                        "super-resolution: 5 epochs of batches of 128, adam 0.001 (0.9, 0.999), constant, latent 1, "
                        "width 32",
                        "unet: 5 epochs of batches of 16, adam 0.005 (0.9, 0.999), cosine, latent 1, width 16"}));
}

TEST(Tasks, AreListedAsOneSpeaks) {
    EXPECT_EQ(any_of({"vae"}), "vae");
    EXPECT_EQ(any_of({"autoencoder", "vae", "dcgan"}), "autoencoder, vae or dcgan");
    EXPECT_EQ(any_of_a({"autoencoder", "vae"}), "an autoencoder or a vae");
    EXPECT_EQ(any_of_a({"unet", "echo", "index", "order"}), "a unet, an echo, an index or an order");
}

// ---- runs -----------------------------------------------------------------------------------------------------------

using TasksOfRuns = ProgramTest;

/// How bright is an image? A linear layer's guess.
class Brightness : public TrainingTask {
  public:
    explicit Brightness(const TrainingSetup& setup) : TrainingTask(setup), sgd_(model().parameters()) {}
    Metrics step(const Batch& batch, std::uint64_t) override {
        Tape tape(model().parameters());
        const Variable loss = error(batch.images);
        sgd_.step(tape.gradient(loss));
        return {{"loss", loss.item()}};
    }
    Evaluation evaluate(const std::shared_ptr<const Dataset>& images) const override {
        const double loss = error(first_images(*images, 10)).item();
        return {.metrics = {{"loss", loss}}, .sentence = "loss", .loss = loss, .picture = Tensor::zeros({1, 1, 1})};
    }
    std::vector<NamedOptimizer> optimizers() override { return {{"", sgd_}}; }

  private:
    Variable error(const Variable& images) const {
        const Variable x = reshape(images, {images.extent(0), -1}), e = evaluation_model()(x) - mean(x, {1}, Keep::yes);
        return mean(e * e);
    }
    SGD sgd_;
};

TEST_F(TasksOfRuns, OfOnesOwnNeedAModelAndThreeFunctions) {
    const TaskSpec task = {.name = "brightness",
                           .make_model =
                               [](const Random& random, const TrainingOptions&) {
                                   return std::make_unique<Linear>(LinearOptions{.in = 784, .out = 1}, random);
                               },
                           .make_task = make_task<Brightness>};
    TrainingOptions options = {.dataset = {.name = "digits"}, .batch_size = 4, .max_steps = 3};
    options.out = directory_ / "run";
    train(task, options);
    EXPECT_TRUE(std::filesystem::exists(directory_ / "run/weights.safetensors"));
    EXPECT_EQ(RunDirectory::open(directory_ / "run").model(), "brightness");
    EXPECT_EQ(printed("report --run run"), "run/report.html\n");
    EXPECT_EQ(refusal("sample --run run").substr(0, 44), "65 error: run: must be a run of autoencoder,");
}

// Programs until now kept the settings in config.json too.
TEST_F(TasksOfRuns, OfOlderProgramsStayReadable) {
    std::filesystem::create_directory(directory_ / "old");
    write_bytes(directory_ / "old/config.json",
                R"({"model": "vae", "dataset": "mnist", "epochs": 7, "batch_size": 96, "learning_rate": 0.5, "seed": 3,
                    "image_size": 64, "channels": 3, "latent": 5, "width": 8})");
    write_bytes(
        directory_ / "old/config.toml",
        "dataset = 'auto'\nepochs = 7\nbatch-size = 96\nlr = 0.5\nseed = '18446744073709551615'\n"
        "image-size = 64\nchannels = 3\nlatent = 5\nwidth = 8\nfreeze = ['encoder', 'decoder.up1']\nkeep = 3\n");
    const TrainedRun run = TrainedRun::open({directory_ / "old"});
    EXPECT_EQ(run.task.name, "vae");
    EXPECT_EQ(run.data.name, "mnist");
    EXPECT_EQ(run.options.epochs, 7);
    EXPECT_EQ(run.options.batch_size, 96);
    EXPECT_EQ(run.options.optimizer.learning_rate, 0.5);
    EXPECT_EQ(run.options.seed, UINT64_MAX);
    EXPECT_EQ(run.options.sizes.image_size, 64);
    EXPECT_EQ(run.options.sizes.latent, 5);
    EXPECT_EQ(run.options.freeze, (std::vector<std::string>{"encoder", "decoder.up1"}));
}

}  // namespace
}  // namespace adjoint
