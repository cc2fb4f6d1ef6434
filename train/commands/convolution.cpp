// Convolution commands: conv2d, conv2d-transpose and conv2d-weight-gradient on .npy files or on matrices typed in.
#include <array>
#include <fmt/ranges.h>
#include <map>

#include "train/cli/commands.h"
#include "train/cli/outputs.h"
#include "train/cli/validators.h"
#include "train/convolution/animation.h"
#include "train/convolution/conventions.h"
#include "train/convolution/examples.h"
#include "train/convolution/matrices.h"
#include "train/convolution/steps.h"
#include "train/io/atomic_file.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

/// What was typed, as it was typed.
struct Arguments {
    std::map<std::string, std::optional<std::string>> options;  ///< by the first of an option's names
    bool steps = false;

    bool has(const std::string& option) const { return !text(option).empty(); }
    std::string text(const std::string& option) const { return options.at(option).value_or(""); }
    /// Whether steps are wanted as pictures.
    bool draws() const { return has("--animate") || has("--strip"); }
    /// The pictures that are wanted.
    std::vector<std::filesystem::path> pictures() const {
        std::vector<std::filesystem::path> files;
        for (const char* option : {"--png", "--animate", "--strip"}) {
            if (options.contains(option) && has(option)) files.emplace_back(text(option));
        }
        return files;
    }
    Operand operand(const char* option) const { return read_operand(option, text(option)); }
    /// The options of the convolution by flag.
    FindText find() const {
        return [this](const std::string& flag, const std::string& own_name) -> std::optional<TypedText> {
            const auto at = options.find(flag);
            if (at == options.end() || !at->second) return std::nullopt;
            return TypedText{own_name, *at->second};
        };
    }
};

constexpr Index largest_result = 1 << 28;  // elements; 2 GiB of float64

void write_pictures(const Arguments& typed, const Animation& animation) {
    if (typed.has("--animate")) write_output(typed.text("--animate"), animated(animation));
    if (typed.has("--strip")) write_png(typed.text("--strip"), still_strip(animation));
}

// ---- conv2d and conv2d-transpose, in any system's words

/// conv2d, or conv2d_transpose, of the convention that was typed.
Convention convention_of(const Arguments& typed, bool transposed) {
    const std::string system = typed.options.at("--convention").value_or("adjoint");
    for (const char* flag : {"--auto-pad", "--pads", "--kernel-shape"}) {
        require(system == "onnx" || !typed.options.at(flag),
                "{}: is an option of --convention onnx alone; got --convention {}", flag, system);
    }
    const std::optional<std::string>& padding = typed.options.at("--padding");
    require(system != "onnx" || !padding, "--padding: --convention onnx says --pads or --auto-pad; got {:?}",
            padding.value_or(""));
    static const std::map<std::string, std::array<const char*, 2>> functions = {
        {"adjoint", {"conv2d", "conv2d_transpose"}},
        {"pytorch", {"pytorch::conv2d", "pytorch::conv_transpose2d"}},
        {"keras", {"keras::conv2d", "keras::conv2d_transpose"}},
        {"tensorflow", {"keras::conv2d", "keras::conv2d_transpose"}},
        {"onnx", {"onnx::conv", "onnx::conv_transpose"}}};
    return make_convention(functions.at(system)[transposed], typed.find());
}

/// The operands as they were typed, all of one element type; what was not typed is missing.
struct Operands {
    Variable input, weight;
    std::optional<Variable> bias, output_gradient;

    explicit Operands(const Arguments& typed) {
        std::vector<Operand> read = {typed.operand("--input"), typed.operand("--weight")};
        if (typed.has("--bias")) read.push_back(read_bias("--bias", typed.text("--bias")));
        if (typed.has("--output-gradient")) read.push_back(typed.operand("--output-gradient"));
        const DType dtype = common_dtype(typed.text("--dtype"), read);
        input = read[0].value.cast(dtype);
        weight = read[1].value.cast(dtype);
        if (typed.has("--bias")) bias = read[2].value.cast(dtype);
        if (typed.has("--output-gradient")) output_gradient = read.back().value.cast(dtype);
    }

    std::vector<Variable> parameters() const {
        return bias ? std::vector<Variable>{input, weight, *bias} : std::vector<Variable>{input, weight};
    }
};

void run_convolution(const Arguments& typed, bool transposed) {
    const Convention convention = convention_of(typed, transposed);
    const Layout layout = convention.layout;
    const Operands operands(typed);
    std::optional<Tape> tape;
    if (operands.output_gradient) tape.emplace(operands.parameters());

    const Variable x = as_images("--input", operands.input, layout),
                   w = as_filters("--weight", operands.weight, layout);
    const Conv2DForm form = convention.form(x.shape(), w.shape());
    require_affordable(transposed ? "conv2d_transpose: the result" : "conv2d: the result",
                       transposed ? form.image_shape() : form.output_shape(), largest_result);
    const Variable y = convention.apply(x, w, operands.bias);

    std::vector<Result> results = {{"result", y.value(), typed.text("--out"), layout}};
    if (operands.output_gradient) {
        const Variable g = as_images("--output-gradient", *operands.output_gradient, layout);
        require(g.shape() == y.shape(), "--output-gradient: must have the result's shape {}; got {}", y.shape(),
                g.shape());
        const std::vector<Variable> gradients = tape->gradient(y, g);
        results.push_back({"gradient for the input", gradients[0].value(), typed.text("--out-input-gradient"), layout});
        results.push_back(
            {"gradient for the weight", gradients[1].value(), typed.text("--out-weight-gradient"), layout, true});
        if (operands.bias) {
            results.push_back(
                {"gradient for the bias", gradients[2].value(), typed.text("--out-bias-gradient"), layout});
        }
    }
    const auto draw_steps = transposed ? conv2d_transpose_steps : conv2d_steps;
    const std::string steps = typed.steps ? draw_steps(images_channels_last(x, layout).value(),
                                                       filters_channels_last(w, layout).value(), form)
                                          : "";
    if (typed.draws()) {
        const auto animate = transposed ? conv2d_transpose_animation : conv2d_animation;
        write_pictures(
            typed, animate(images_channels_last(x, layout).value(), filters_channels_last(w, layout).value(), form));
    }
    if (typed.has("--png")) write_planes(typed.text("--png"), y.value(), layout);
    report(steps, results, typed.pictures());
}

void run_conv2d(const Arguments& typed) { run_convolution(typed, false); }
void run_conv2d_transpose(const Arguments& typed) { run_convolution(typed, true); }

// ---- conv2d-weight-gradient

void run_conv2d_weight_gradient(const Arguments& typed) {
    const char* const operation = "conv2d_weight_gradient";
    const Layout layout = Layout::channels_last;
    const std::vector<Operand> operands = {typed.operand("--input"), typed.operand("--output-gradient")};
    const DType dtype = common_dtype(typed.text("--dtype"), operands);
    const Tensor x = as_images("--input", operands[0].value.cast(dtype), layout).value();
    const Tensor y = as_images("--output-gradient", operands[1].value.cast(dtype), layout).value();
    const auto options = parse_options<Conv2DOptions>(typed.find());
    require(x.extent(3) % options.groups == 0, "{}: {} channels do not divide into {} groups; got input {}", operation,
            x.extent(3), options.groups, x.shape());
    const Size2D kernel = parse_pair({"--kernel", typed.text("--kernel")});
    const Shape weight = {kernel.height, kernel.width, x.extent(3) / options.groups, y.extent(3)};
    const Conv2DForm form = Conv2DForm::of(operation, x.shape(), weight, options);
    require_affordable("conv2d_weight_gradient: the result", form.weight_shape(), largest_result);
    // First the gradient itself, which sees to it that y fits the form.
    const Tensor gradient = conv2d_weight_gradient(x, y, form).value();
    if (typed.draws()) write_pictures(typed, conv2d_weight_gradient_animation(x, y, form));
    report(typed.steps ? conv2d_weight_gradient_steps(x, y, form) : "",
           {{"result", gradient, typed.text("--out"), layout, true}}, typed.pictures());
}

// ---- the command line

/// Options of one command whose texts are kept as they are typed.
struct Flags {
    CLI::App* command;
    Arguments& typed;

    CLI::Option* add(const std::string& names, const char* value, const std::string& description) const {
        return command->add_option(names, typed.options[names.substr(0, names.find(','))], description)
            ->type_name(value);
    }
    void add_operand(const char* name, const char* letter, const char* description) const {
        add(name, letter, fmt::format("{}: a .npy file, \"1 2; 3 4\" or \"[[1 2] [3 4]]\"", description))->required();
    }

    void add_common_options() const {
        add("--stride,--strides", "H,W", "Pixels from one patch to the next")->default_str("1");
        add("--padding", "P", "same, valid, full, all sides, H,W or TOP,LEFT,BOTTOM,RIGHT; below 0 it crops [valid]");
        add("--dilation,--dilations,--dilation-rate", "H,W", "Pixels from one tap of the filter to the next")
            ->default_str("1");
        add("--groups,--group", "N", "Groups of channels that are convolved separately")->default_str("1");
        add("--dtype", "T", "Element type; by default the files' wider one, else float64")
            ->check(one_of({"float32", "float64"}));
        add("--out", output_file, "Write the result to this .npy file instead of printing it");
        command->add_flag("--steps", typed.steps, "Show the arithmetic step by step, as on paper");
        add("--animate", output_file, "Show the steps as an animated PNG file");
        add("--strip", output_file, "Draw some of the steps in a PNG file, below each other");
    }

    /// Those of a convolution of either direction: bias, picture, gradients and conventions.
    void add_direction_options() const {
        CLI::Option* bias = add("--bias", "B", "Bias: a number for each channel, added to the result");
        for (const char* drawn : {"--steps", "--animate", "--strip"}) bias->excludes(command->get_option(drawn));
        add("--png", output_file, "Draw the result in this file too, each number a square from black to white");
        CLI::Option* gradient =
            add("--output-gradient", "G", "Gradient for the result, to be propagated back to input, weight and bias");
        add("--out-input-gradient", output_file, "Write the gradient for the input")->needs(gradient);
        add("--out-weight-gradient", output_file, "Write the gradient for the weight")->needs(gradient);
        add("--out-bias-gradient", output_file, "Write the gradient for the bias")->needs(gradient)->needs(bias);
        add("--convention", "NAME", "Framework whose options and tensor layouts apply; tensorflow is the same as keras")
            ->default_str("adjoint")
            ->check(one_of({"adjoint", "pytorch", "keras", "tensorflow", "onnx"}));
        add("--pads", "P", "ONNX: H_BEGIN,W_BEGIN,H_END,W_END");
        add("--auto-pad", "RULE", "ONNX: NOTSET, VALID, SAME_UPPER or SAME_LOWER");
        add("--kernel-shape", "K,L", "ONNX: the weight's rows and columns");
    }
};

Flags declare(CLI::App& app, const char* name, const char* description, const char* examples,
              void (*run)(const Arguments&)) {
    CLI::App* command = app.add_subcommand(name, description);
    command->footer(examples);
    const auto typed = std::make_shared<Arguments>();
    command->callback([=] { run(*typed); });
    const Flags flags{command, *typed};
    flags.add_operand("--input", "X", "Images [N, H, W, C], [H, W, C] or [H, W]");
    return flags;
}

}  // namespace

void add_convolution_commands(CLI::App& app) {
    const Flags conv2d =
        declare(app, "conv2d", "Convolution of images with filters, as layers compute it (the filters are not flipped)",
                conv2d_examples, run_conv2d);
    conv2d.add_operand("--weight", "W", "Filters [K, L, C / groups, O] or [K, L]");
    conv2d.add_common_options();
    conv2d.add_direction_options();

    const Flags transpose =
        declare(app, "conv2d-transpose", "Transposed convolution: the gradient of conv2d with respect to its input",
                conv2d_transpose_examples, run_conv2d_transpose);
    transpose.add_operand("--weight", "W", "Filters [K, L, C_out / groups, C_in] or [K, L]");
    transpose.add("--output-size,--output-shape", "H,W", "Height and width of the result");
    transpose.add("--output-padding", "H,W", "Rows and columns added to the smallest possible result");
    transpose.add_common_options();
    transpose.add_direction_options();

    const Flags gradient = declare(app, "conv2d-weight-gradient", "Gradient of conv2d with respect to its filters",
                                   conv2d_weight_gradient_examples, run_conv2d_weight_gradient);
    gradient.add_operand("--output-gradient", "G", "The gradient for conv2d's output [N, H, W, O]");
    gradient.add("--kernel", "K,L", "Rows and columns of the filters")->required();
    gradient.add_common_options();
}

}  // namespace adjoint
