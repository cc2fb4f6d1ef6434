#include "train/run_generator.h"

#include <algorithm>
#include <memory>

#include "models/wgan_gp.h"
#include "train/pictures.h"
#include "train/safetensors.h"

namespace adjoint {
namespace {

template <class Gan>
Generator load(const std::filesystem::path& weights) {
    const auto model = std::make_shared<const Gan>(Random(0));
    load_states(weights, model->states());
    return [model](const Variable& noise) { return from_symmetric_to_unit(model->generator(noise).value()); };
}

}  // namespace

Generator generator_of(const char* command, const RunDirectory& run, const std::string& weights) {
    const std::string& model = run.config().model;
    if (model == "wgan-gp") return load<WganGp>(run.weights(weights));
    require(model == "dcgan", "{}: only a dcgan or a wgan-gp draws new images; got a run of {} in {}", command, model,
            run.path().string());
    return load<Dcgan>(run.weights(weights));
}

Tensor draw_images(const Generator& generator, Index count, std::uint64_t seed) {
    constexpr Index at_once = 250;
    constexpr Index pixels = 28 * 28;
    const Random random(seed);
    return Tensor::build<float>({count, 28, 28, 1}, [&](std::span<float> out) {
        for (Index first = 0; first < count; first += at_once) {
            const Index some = std::min(at_once, count - first);
            const Tensor images = generator(generator_noise(random, some, first));
            std::copy_n(images.data<float>().data(), some * pixels, out.data() + first * pixels);
        }
    });
}

}  // namespace adjoint
