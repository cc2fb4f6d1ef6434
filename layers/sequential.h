// Sequential: layers applied one after the other.
#pragma once

#include "layers/module.h"

namespace adjoint {

/// y = last(… first(x)). The children are named 0, 1, … as they come: Sequential(Linear(…), ReLU(), Linear(…)).
class Sequential : public Module {
  public:
    template <std::derived_from<Module>... Modules>
    explicit Sequential(Modules... modules) {
        (append(std::to_string(layers_.size()), std::move(modules)), ...);
    }

    /// One more layer, under a name of its own.
    template <std::derived_from<Module> M>
    Sequential& append(std::string name, M module) {
        return append(std::move(name), std::make_unique<M>(std::move(module)));
    }
    Sequential& append(std::string name, std::unique_ptr<Module> module) {
        const Module& layer = child(name, std::move(module));
        layers_.push_back({std::move(name), &layer});
        return *this;
    }

    Variable forward(const Variable& x) const override {
        Variable y = x;
        for (const auto& [name, layer] : layers_) y = (*layer)(y);
        return y;
    }

    struct NamedLayer {
        std::string name;
        const Module* layer;
    };
    /// In the order in which they are applied.
    const std::vector<NamedLayer>& layers() const { return layers_; }

  private:
    std::vector<NamedLayer> layers_;
};

}  // namespace adjoint
