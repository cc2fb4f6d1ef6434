// How is one convolution computed from the command line? conv2d, conv2d-transpose and conv2d-weight-gradient on .npy
// files or on matrices typed in.
#include <cstdio>
#include <initializer_list>

#include "framework/convolution.h"
#include "train/commands.h"
#include "train/convolution_options.h"
#include "train/convolution_steps.h"
#include "train/matrix_text.h"
#include "train/npy.h"

namespace adjoint {
namespace {

constexpr double largest_result = 1 << 28;  // elements; 2 GiB of float64

/// What was typed, as it was typed.
struct Typed {
    std::string input, weight, output_gradient, kernel;
    std::string stride = "1", padding = "valid", dilation = "1", groups = "1";
    std::string output_size, output_padding;
    std::string dtype, out;
    bool steps = false;
};

Conv2DOptions convolution_options(const Typed& typed) {
    return {.stride = parse_pair("--stride", typed.stride),
            .padding = parse_padding(typed.padding),
            .dilation = parse_pair("--dilation", typed.dilation),
            .groups = parse_groups(typed.groups)};
}

// ---- operands

struct Operand {
    Tensor value;
    bool from_file;
};

Operand read_operand(const char* option, const std::string& text) {
    if (text.ends_with(".npy")) return {read_npy(text), true};
    return {parse_matrix(option, text), false};
}

Operand read_image(const char* option, const std::string& text) {
    Operand image = read_operand(option, text);
    Shape shape = image.value.shape();
    require(shape.size() >= 2 && shape.size() <= 4, "{}: expected an image [H, W], [H, W, C] or [N, H, W, C]; got {}",
            option, shape);
    if (shape.size() == 2) shape.push_back(1);
    if (shape.size() == 3) shape.insert(shape.begin(), 1);
    image.value = image.value.reshaped(shape);
    return image;
}

Operand read_filters(const std::string& text) {
    Operand filters = read_operand("--weight", text);
    Shape shape = filters.value.shape();
    require(shape.size() == 2 || shape.size() == 4, "--weight: expected filters [K, L] or [K, L, C, O]; got {}", shape);
    shape.resize(4, 1);
    filters.value = filters.value.reshaped(shape);
    return filters;
}

/// What --dtype says; else the wider type of the files; else, when all is typed, float64.
DType common_dtype(const std::string& asked, std::initializer_list<Operand> operands) {
    if (!asked.empty()) return asked == "float32" ? DType::float32 : DType::float64;
    bool files = false, wide = false;
    for (const Operand& operand : operands) {
        files |= operand.from_file;
        wide |= operand.from_file && operand.value.dtype() == DType::float64;
    }
    return files && !wide ? DType::float32 : DType::float64;
}

// ---- results

void require_affordable(const std::string& operation, const Shape& result) {
    double elements = 1;
    for (const Index extent : result) elements *= static_cast<double>(extent);
    require(elements <= largest_result, "{}: the result is too large; got {}, of more than {} numbers", operation,
            result, static_cast<Index>(largest_result));
}

void report(const Typed& typed, const std::string& steps, const Tensor& result, std::string (*text)(const Tensor&)) {
    if (!typed.out.empty()) write_npy(typed.out, result);
    std::string report = steps;
    if (typed.out.empty()) {
        report += (typed.steps ? "\nresult\n" : "") + text(result);
    } else {
        report += fmt::format("{}: {} {}\n", typed.out, result.shape(), name(result.dtype()));
    }
    const bool printed =
        std::fwrite(report.data(), 1, report.size(), stdout) == report.size() && std::fflush(stdout) == 0;
    require<CannotWrite>(printed, "standard output: cannot be written");
}

// ---- the three operations

void run_conv2d(const Typed& typed) {
    const Operand image = read_image("--input", typed.input), filters = read_filters(typed.weight);
    const DType dtype = common_dtype(typed.dtype, {image, filters});
    const Tensor x = image.value.cast(dtype), w = filters.value.cast(dtype);
    const Conv2DForm form = Conv2DForm::of("conv2d", x.shape(), w.shape(), convolution_options(typed));
    require_affordable("conv2d", form.output_shape());
    report(typed, typed.steps ? conv2d_steps(x, w, form) : "", conv2d(x, w, form).value(), images_text);
}

void run_conv2d_transpose(const Typed& typed) {
    const Operand image = read_image("--input", typed.input), filters = read_filters(typed.weight);
    const DType dtype = common_dtype(typed.dtype, {image, filters});
    const Tensor y = image.value.cast(dtype), w = filters.value.cast(dtype);
    const Conv2DOptions options = convolution_options(typed);
    const Conv2DForm form =
        transposed_form(y.shape(), w.shape(),
                        {.stride = options.stride,
                         .padding = options.padding,
                         .dilation = options.dilation,
                         .groups = options.groups,
                         .output_size = parse_optional_pair("--output-size", typed.output_size),
                         .output_padding = parse_optional_pair("--output-padding", typed.output_padding)});
    require_affordable("conv2d_transpose", form.image_shape());
    report(typed, typed.steps ? conv2d_transpose_steps(y, w, form) : "", conv2d_input_gradient(y, w, form).value(),
           images_text);
}

void run_conv2d_weight_gradient(const Typed& typed) {
    const char* const operation = "conv2d_weight_gradient";
    const Operand image = read_image("--input", typed.input);
    const Operand gradient = read_image("--output-gradient", typed.output_gradient);
    const DType dtype = common_dtype(typed.dtype, {image, gradient});
    const Tensor x = image.value.cast(dtype), y = gradient.value.cast(dtype);
    const Conv2DOptions options = convolution_options(typed);
    require(x.extent(3) % options.groups == 0, "{}: {} channels do not divide into {} groups; got input {}", operation,
            x.extent(3), options.groups, x.shape());
    const Size2D kernel = parse_pair("--kernel", typed.kernel);
    const Shape weight = {kernel.height, kernel.width, x.extent(3) / options.groups, y.extent(3)};
    const Conv2DForm form = Conv2DForm::of(operation, x.shape(), weight, options);
    require_affordable(operation, form.weight_shape());
    // First the gradient itself, which sees to it that y fits the form.
    const Tensor result = conv2d_weight_gradient(x, y, form).value();
    report(typed, typed.steps ? conv2d_weight_gradient_steps(x, y, form) : "", result, filters_text);
}

// ---- the command line

void add_operand(CLI::App* command, const char* option, const char* letter, std::string& target,
                 const char* description) {
    command->add_option(option, target, fmt::format("{}: a .npy file, or a matrix \"1 2; 3 4\"", description))
        ->required()
        ->type_name(letter);
}

CLI::App* declare(CLI::App& app, const char* name, const char* description, const char* examples,
                  const std::shared_ptr<Typed>& typed, void (*run)(const Typed&)) {
    CLI::App* command = app.add_subcommand(name, description);
    command->footer(examples);
    command->callback([=] { run(*typed); });
    add_operand(command, "--input", "X", typed->input, "Images [N, H, W, C], [H, W, C] or [H, W]");
    return command;
}

void add_common_options(CLI::App* command, Typed& typed) {
    const auto add = [command](const char* option, const char* value, std::string& target, const char* description) {
        return command->add_option(option, target, description)->type_name(value)->capture_default_str();
    };
    add("--stride", "H,W", typed.stride, "Pixels from one patch to the next");
    add("--padding", "P", typed.padding,
        "same, valid, full, all sides, H,W or TOP,LEFT,BOTTOM,RIGHT; below 0 it crops");
    add("--dilation", "H,W", typed.dilation, "Pixels from one tap of the filter to the next");
    add("--groups", "N", typed.groups, "Groups of channels that do not see each other");
    add("--dtype", "T", typed.dtype, "Element type; by default the files' wider one, else float64")
        ->check(CLI::IsMember({"float32", "float64"}));
    add("--out", "FILE", typed.out, "Write the result to this .npy file instead of printing it");
    command->add_flag("--steps", typed.steps, "Show how each number comes about, as on paper");
}

constexpr const char* conv2d_examples = R"(Examples:
  adjoint conv2d --input "1 2 3; 4 5 6; 7 8 9" --weight "1 0; 0 -1"
    -4 -4
    -4 -4
  adjoint conv2d --input "1 2 3; 4 5 6; 7 8 9" --weight "1 1; 1 1" --stride 2 --padding same
    12  9
    15  9
  adjoint conv2d --input "1 2 3; 4 5 6; 7 8 9" --weight "1 0; 0 -1" --steps
    the same as the first, and each patch times the filter
  adjoint conv2d --input images.npy --weight filters.npy --padding 1 --out features.npy
    features.npy: [8, 28, 28, 16] float32)";

constexpr const char* conv2d_transpose_examples = R"(Examples:
  adjoint conv2d-transpose --input "1 2; 3 4" --weight "0 1; 1 0"
    0 1 2
    1 5 4
    3 4 0
  adjoint conv2d-transpose --input "1 2; 3 4" --weight "1 1; 1 1" --stride 2
    1 1 2 2
    1 1 2 2
    3 3 4 4
    3 3 4 4
  adjoint conv2d-transpose --input "-67 -77; -117 -127" --weight "-1 2 -3; 4 -5 6; -7 8 -9" --stride 2 --steps
    each element times the filter, where it lands, and where blocks overlap

Of the sizes that the convolution shrinks to the input's, --output-size names one, and --output-padding counts from the
smallest. The filters are those of that convolution, [K, L, C_out / groups, C_in].)";

constexpr const char* conv2d_weight_gradient_examples = R"(Examples:
  adjoint conv2d-weight-gradient --input "1 2 3; 4 5 6; 7 8 9" --output-gradient "1 0; 0 0" --kernel 2
    1 2
    4 5
  adjoint conv2d-weight-gradient --input "1 2 3; 4 5 6; 7 8 9" --output-gradient "1 1; 1 1" --kernel 2
    12 16
    24 28
  adjoint conv2d-weight-gradient --input "1 2 3; 4 5 6; 7 8 9" --output-gradient "1 1; 1 1" --kernel 2 --steps
    the same, and the pixels that each tap of the filter saw)";

}  // namespace

void add_convolution_commands(CLI::App& app) {
    const auto typed = std::make_shared<Typed>();

    CLI::App* forward =
        declare(app, "conv2d", "The image seen through the filters", conv2d_examples, typed, run_conv2d);
    add_operand(forward, "--weight", "W", typed->weight, "Filters [K, L, C / groups, O] or [K, L]");
    add_common_options(forward, *typed);

    CLI::App* transpose =
        declare(app, "conv2d-transpose", "The transposed convolution, which is the gradient of conv2d for its input",
                conv2d_transpose_examples, typed, run_conv2d_transpose);
    add_operand(transpose, "--weight", "W", typed->weight, "Filters [K, L, C_out / groups, C_in] or [K, L]");
    CLI::Option* size = transpose->add_option("--output-size", typed->output_size, "The size of the result");
    CLI::Option* more = transpose->add_option("--output-padding", typed->output_padding,
                                              "Rows and columns more than the smallest possible result");
    size->type_name("H,W");
    more->type_name("H,W")->excludes(size);
    add_common_options(transpose, *typed);

    CLI::App* gradient = declare(app, "conv2d-weight-gradient", "The gradient of conv2d for its filters",
                                 conv2d_weight_gradient_examples, typed, run_conv2d_weight_gradient);
    add_operand(gradient, "--output-gradient", "G", typed->output_gradient,
                "The gradient for conv2d's output [N, H, W, O]");
    gradient->add_option("--kernel", typed->kernel, "Rows and columns of the filters")->required()->type_name("K,L");
    add_common_options(gradient, *typed);
}

}  // namespace adjoint
