#include "train/training.h"

#include <spdlog/spdlog.h>

#include "framework/gemm.h"
#include "framework/parallel.h"

namespace adjoint {

RunDirectory start_run(const std::string& model, const std::string& dataset, const TrainingOptions& options) {
    RunDirectory run = RunDirectory::create(options.out,
                                            {.model = model,
                                             .dataset = dataset,
                                             .epochs = options.epochs,
                                             .batch_size = options.batch_size,
                                             .learning_rate = options.learning_rate,
                                             .seed = options.seed},
                                            options.force);
    spdlog::info("{} threads, {} kernels of OpenBLAS, seed {}", thread_count(), gemm_kernels(), options.seed);
    return run;
}

void Progress::step(Index images, const std::string& losses) {
    ++done_;
    images_ += images;
    const Clock::time_point now = Clock::now();
    if (now - said_ < std::chrono::seconds(2) && done_ != steps_) return;
    said_ = now;
    spdlog::info("epoch {}/{}  step {}/{}  {}  {:.0f} images/s", epoch_, epochs_, done_, steps_, losses,
                 images_per_second());
}

double Progress::images_per_second() const {
    return static_cast<double>(images_) / std::chrono::duration<double>(Clock::now() - begin_).count();
}

}  // namespace adjoint
