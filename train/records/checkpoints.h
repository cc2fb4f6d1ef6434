// Checkpoints: what must be kept for a run to go on as if it had never stopped, each file whole or not there at all.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "train/io/safetensors.h"
#include "train/optim/schedules.h"
#include "train/records/metrics.h"

namespace adjoint {

/// How far a run is and what it has seen: all but its tensors. Everything random in a run is a function of its seed and
/// of the first three.
struct RunState {
    Index steps = 0;      ///< done
    Index epoch = 1;      ///< under way
    Index batch = 0;      ///< of the epoch: the next one
    Metrics losses = {};  ///< of the epoch's steps so far, summed
    Metrics point = {};   ///< of the steps since the last point of the metrics, summed
    Index point_steps = 0;
    ReduceOnPlateau plateau = {{.patience = 1}};
    /// Of the learning rate: halved each time that the run went back after a number went wrong.
    double learning_rate_scale = 1.0;
    struct Best {
        Index steps, epoch;
        double loss;
    };
    std::optional<Best> best = {};  ///< the end of an epoch with the smallest validation loss
    std::string metrics = "";       ///< the text of metrics.jsonl

    /// The steps that were done when the epoch under way began.
    Index epoch_begin() const { return steps - batch; }
};

/// The state that a checkpoint holds as JSON. Throws DataError.
RunState run_state_in(const std::string& text);

struct Checkpoint {
    RunState state;
    TensorsByName tensors;
    std::filesystem::path file = {};  ///< that it was read from
};

/// The checkpoints of a run: step-000001234.safetensors, each written whole or not at all and checksummed. The files
/// hold the weights under their own names, for any tool to read, and the RunState as JSON in their metadata.
class Checkpoints {
  public:
    /// At most `keep` are kept, beside the best one and that of the beginning of the epoch.
    Checkpoints(std::filesystem::path directory, Index keep) : directory_(std::move(directory)), keep_(keep) {}

    /// Throws CannotWrite.
    void save(const RunState& state, const NamedTensors& tensors) const;

    /// The last one that is whole; those that are not are passed over with a line each. Throws MissingInput when there
    /// is none, DataError when none is whole.
    Checkpoint last() const;

    /// The one after so many steps. Throws MissingInput or DataError where it is not there or damaged.
    Checkpoint at(Index steps) const;

    /// Where the checkpoint after so many steps is.
    std::filesystem::path file(Index steps) const { return directory_ / fmt::format("step-{:09}.safetensors", steps); }

  private:
    using Files = std::map<Index, std::filesystem::path, std::greater<>>;  // by steps, the last ones first
    Files files() const;

    std::filesystem::path directory_;
    Index keep_;
};

}  // namespace adjoint
