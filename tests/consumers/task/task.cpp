// Task of a user's own: a classifier of two layers, trained by the program with all that it can do.
#include <adjoint/adjoint.h>

#include "train/program.h"
#include "train/tasks/classification.h"

using namespace adjoint;

class TwoLayers : public Module {
  public:
    explicit TwoLayers(const Random& random)
        : hidden_(child("hidden", Linear({.in = 28 * 28, .out = 32, .activation = relu()}, random.stream(1)))),
          head_(child("head", Linear({.in = 32, .out = 10}, random.stream(2)))) {}
    Variable forward(const Variable& x) const override { return head_(hidden_(reshape(x, {x.extent(0), -1}))); }

  private:
    Linear& hidden_;
    Linear& head_;
};

int main(int argc, char** argv) {
    TaskSpec task = classification_task();
    task.name = "two-layers";
    task.description = "Tell the ten digits apart by two layers";
    task.make_model = [](const Random& random, const TrainingOptions&) { return std::make_unique<TwoLayers>(random); };
    add_task(task);
    return run_program(argc, argv);
}
