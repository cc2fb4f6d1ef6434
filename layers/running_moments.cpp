#include "layers/running_moments.h"

#include <map>

#include "framework/ops/batch_normalize.h"
#include "framework/ops/elementwise.h"
#include "framework/tensor/observer.h"
#include "layers/normalization.h"

namespace adjoint {
namespace {

// Adds up the moments of what the batch normalisations of a model are called with.
class BatchMoments : public Observer {
  public:
    explicit BatchMoments(const Module& model) {
        add(model);
        for (const NamedModule& part : model.modules()) add(*part.module);
    }

    // After, as the layer has then refused what it cannot take.
    void after_module(const Module& module, const Variable& x, const Variable& /*y*/) override {
        const auto found = sums_.find(&module);
        if (found == sums_.end() || !module.training()) return;
        Sums& sums = found->second;
        const ChannelMoments batch = channel_moments(x.value());
        const auto count = static_cast<double>(values_a_channel(x.value()));
        ++sums.calls;
        sums.mean += batch.mean.cast(DType::float64);
        sums.variance += Variable(batch.variance.cast(DType::float64)) * (count / (count - 1.0));
    }

    void assign_means() const {
        for (const auto& [module, sums] : sums_) {
            if (sums.calls == 0) continue;
            const auto assign = [calls = static_cast<double>(sums.calls)](const Buffer& running, const Variable& sum) {
                running.assign((sum / calls).value().cast(running.value().dtype()));
            };
            assign(sums.layer->running_mean, sums.mean);
            assign(sums.layer->running_variance, sums.variance);
        }
    }

  private:
    struct Sums {
        const BatchNorm* layer;
        Index calls = 0;
        Variable mean = Tensor::zeros({}, DType::float64);
        Variable variance = Tensor::zeros({}, DType::float64);
    };
    void add(const Module& module) {
        if (const auto* const layer = dynamic_cast<const BatchNorm*>(&module)) sums_.emplace(layer, Sums{layer});
    }
    std::map<const Module*, Sums> sums_;
};

}  // namespace

void reestimate_moments(const Module& model, const std::function<void(Index)>& forward, Index batches) {
    require(batches >= 1, "reestimate_moments: batches must be at least 1; got {}", batches);
    BatchMoments moments(model);
    {
        const RestoreStates restore(model.buffers());
        const ModeScope training(Mode::train);
        for (Index k = 0; k < batches; ++k) forward(k);
    }
    moments.assign_means();
}

}  // namespace adjoint
