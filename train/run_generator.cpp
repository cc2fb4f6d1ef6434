#include "train/run_generator.h"

#include <algorithm>
#include <memory>

#include "models/wgan_gp.h"
#include "train/pictures.h"
#include "train/safetensors.h"

namespace adjoint {
namespace {

template <class Gan>
Generator load(const std::filesystem::path& weights, const ImageModelOptions& sizes, std::shared_ptr<Gan> model) {
    load_states(weights, model->states());
    return {[model](const Variable& noise) { return from_symmetric_to_unit(model->generator(noise).value()); }, sizes};
}

}  // namespace

Generator generator_of(const char* command, const RunDirectory& run, const std::string& weights) {
    const std::string& model = run.config().model;
    if (model == "wgan-gp") return load(run.weights(weights), dcgan_options, std::make_shared<WganGp>(Random(0)));
    require(model == "dcgan", "{}: only a dcgan or a wgan-gp draws new images; got a run of {} in {}", command, model,
            run.path().string());
    const ImageModelOptions sizes = run.config().sizes.value_or(dcgan_options);
    return load(run.weights(weights), sizes, std::make_shared<Dcgan>(Random(0), sizes));
}

Tensor draw_images(const Generator& generator, Index count, std::uint64_t seed) {
    constexpr Index at_once = 250;
    const auto& [size, channels, latent, width] = generator.sizes;
    const Index numbers = size * size * channels;
    const Random random(seed);
    return Tensor::build<float>({count, size, size, channels}, [&, latent = latent](std::span<float> out) {
        for (Index first = 0; first < count; first += at_once) {
            const Index some = std::min(at_once, count - first);
            const Tensor images = generator.draw(generator_noise(random, some, first, latent));
            std::copy_n(images.data<float>().data(), some * numbers, out.data() + first * numbers);
        }
    });
}

}  // namespace adjoint
