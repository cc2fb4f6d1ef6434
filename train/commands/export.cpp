// `adjoint export`: a trained model, or a part of it, for ONNX, PyTorch or Keras.
#include <fmt/format.h>

#include "framework/conventions/layouts.h"
#include "framework/tensor/random.h"
#include "layers/analysis/graph.h"
#include "train/cli/commands.h"
#include "train/cli/outputs.h"
#include "train/cli/terminal.h"
#include "train/exchange/channels_first.h"
#include "train/exchange/keras_program.h"
#include "train/exchange/onnx_file.h"
#include "train/exchange/pytorch_program.h"
#include "train/io/atomic_file.h"
#include "train/io/npz.h"
#include "train/tasks/model_parts.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

struct ExportOptions {
    RunChoice of;
    std::string part, layout = "nchw";
    fs::path onnx, pytorch, keras, example;
};

// Inputs to compare outputs by.
Variable example_of(const ModelPart& part) {
    Shape shape = part.item;
    shape.insert(shape.begin(), 4);
    return Random(1).uniform(shape);
}

std::string class_name(const std::string& task, const std::string& part) {
    std::string name;
    bool first = true;
    for (const char letter : task + "-" + (part == "whole" ? "" : part)) {
        if (std::isalnum(static_cast<unsigned char>(letter)))
            name += first ? static_cast<char>(std::toupper(static_cast<unsigned char>(letter))) : letter;
        first = !std::isalnum(static_cast<unsigned char>(letter));
    }
    return name;
}

// The model, with weights at least of the part that is asked for.
std::shared_ptr<const Module> model_of(const TrainedRun& run, const std::string& part_name) {
    return run.model([&](const Module& untrained) {
        const std::vector<ModelPart> parts = parts_of(run.task, untrained, run.options.sizes);
        const ModelPart& part = chosen_part(parts, part_name);
        Shape one = part.item;
        one.insert(one.begin(), 1);
        part.function(Tensor::zeros(one));
    });
}

// What writes a file, or some into a directory, and the line that tells of it: all is made before anything is written.
struct Writing {
    std::function<void()> write;
    std::string line;
};

template <class WriteWeights>
Writing program_in(const fs::path& directory, const PythonProgram& program, const char* weights,
                   const std::string& name, WriteWeights write_weights) {
    return {[=] {
                std::error_code failure;
                fs::create_directories(directory, failure);
                if (failure) refuse_to_write(directory, failure.value());
                write_weights(directory / weights, program.tensors);
                write_atomically(directory / "model.py", program.text);
            },
            fmt::format("{}: {} and model.py, with {}", directory.string(), weights, name)};
}

Writing example_in(const fs::path& file, const ModelPart& part, bool channels_last) {
    const Variable x = example_of(part), y = part.function(x);
    const auto laid_out = [&](const Variable& v) {
        return (v.rank() == 4 && !channels_last ? nhwc_to_nchw(v) : v).value();
    };
    return {[=, input = laid_out(x), output = laid_out(y)] {
                write_npz(file, {{"input", input}, {"output", output}});
            },
            file.string()};
}

// What the files say of themselves: what is said of the model's weights, which part they are, and the run's settings.
std::map<std::string, std::string> metadata_of(const TrainedRun& run, const Module& model, const ModelPart& part,
                                               const std::string& layout) {
    std::map<std::string, std::string> metadata = model_metadata(run.task, run.options, run.data, model);
    metadata["adjoint.part"] = part.name;
    metadata["adjoint.meaning"] = part.meaning;
    metadata["adjoint.layout"] = layout;
    if (run.directory) metadata["adjoint.run"] = run.options.settings;
    return metadata;
}

void export_model(const ExportOptions& options) {
    require(!options.onnx.empty() || !options.pytorch.empty() || !options.keras.empty() || !options.example.empty(),
            "export: there must be a file to write; got none of --onnx, --pytorch, --keras and --example");
    const TrainedRun run = TrainedRun::open(options.of);
    const std::shared_ptr<const Module> model = model_of(run, options.part);
    const std::vector<ModelPart> parts = parts_of(run.task, *model, run.options.sizes);
    const ModelPart& part = chosen_part(parts, options.part);
    const Graph graph = graph_of(*model, part.function, part.item);
    const bool last = options.layout == "nhwc";
    const std::string name = class_name(run.task.name, part.name);
    const std::string description = fmt::format("{} of adjoint, {}: {}.", run.task.name, part.name, part.meaning);
    const std::map<std::string, std::string> metadata = metadata_of(run, *model, part, options.layout);
    std::vector<Writing> all;
    if (!options.onnx.empty()) {
        const std::string file = onnx_file(channels_first(graph, last), name, metadata);
        all.push_back({[&, file] { write_output(options.onnx, file); }, options.onnx.string()});
    }
    if (!options.pytorch.empty()) {
        const PythonProgram program = pytorch_program(channels_first(graph, last), name, description);
        const auto write = [&](const fs::path& file, const NamedTensors& tensors) {
            auto about = metadata;
            about[convention_key] = "pytorch";
            write_safetensors(file, tensors, about);
        };
        all.push_back(program_in(options.pytorch, program, "model.safetensors", name, write));
    }
    if (!options.keras.empty()) {
        const PythonProgram program = keras_program(graph, name, description);
        all.push_back(program_in(options.keras, program, "weights.npz", name,
                                 [](const fs::path& file, const NamedTensors& tensors) {
                                     write_npz(file, {tensors.begin(), tensors.end()});
                                 }));
    }
    if (!options.example.empty()) all.push_back(example_in(options.example, part, last));
    std::FILE* const out = messages_beside({options.onnx});
    for (const Writing& each : all) {
        each.write();
        print_line(out, "{}", each.line);
    }
}

}  // namespace

void add_export_command(CLI::App& app) {
    CLI::App* const command = app.add_subcommand("export", "Write a trained model for ONNX, PyTorch or Keras");
    const auto options = std::make_shared<ExportOptions>();
    add_run_options(*command, options->of, "a run");
    command->add_option("--part", options->part,
                        "A part of the model, such as encoder, decoder, generator or discriminator");
    add_output(*command, "--onnx", options->onnx, "Write an ONNX file, of operator set 17");
    add_output(*command, "--pytorch", options->pytorch,
               "Write model.py and model.safetensors for PyTorch into a directory", output_directory);
    add_output(*command, "--keras", options->keras, "Write model.py and weights.npz for Keras 3 into a directory",
               output_directory);
    add_output(*command, "--example", options->example,
               "Write a .npz file of an input and an output of the model, to compare others with");
    command->add_option("--layout", options->layout, "Images of ONNX and PyTorch: nchw, or nhwc as adjoint has them")
        ->check(CLI::IsMember({"nchw", "nhwc"}))
        ->capture_default_str();
    command->footer(
        "Examples:\n  adjoint export --run runs/first --onnx first.onnx\n"
        "  adjoint export --run runs/faces --part generator --pytorch faces");
    command->callback([options] { export_model(*options); });
}

}  // namespace adjoint
