// Examples in the --help of the convolution commands, which a test runs.
#pragma once

namespace adjoint {

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
    features.npy: [8, 28, 28, 16] float32
  adjoint conv2d --input "1 2; 3 4" --weight "1 0; 0 1" --output-gradient 1
    result
    5

    gradient for the input
    1 0
    0 1

    gradient for the weight
    1 2
    3 4

With --convention the options are another system's, and so are the layouts of all tensors:
  pytorch  images [N, C, H, W], filters [C_out, C_in / groups, K, L]; --padding is valid, same, or counts from both sides
  keras    images [N, H, W, C], filters [K, L, C_in / groups, C_out]; --padding is valid, same or 0,0,TOP,BOTTOM,LEFT,RIGHT,0,0
  onnx     images [N, C, H, W], filters [C_out, C_in / groups, K, L]; --pads or --auto-pad
Keras itself refuses a stride together with a dilation. An empty result is refused here; JAX returns it.)";

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
  adjoint conv2d-transpose --input "1 2" --weight "1 2 3" --stride 2 --animate film.png
    1 2 5 4 6
  adjoint conv2d-transpose --input "-67 -77; -117 -127" --weight "-1 2 -3; 4 -5 6; -7 8 -9" --stride 2 --steps
    each element times the filter, where it lands, and where blocks overlap

Of the sizes that the convolution shrinks to the input's, --output-size names one, and --output-padding counts from the
smallest, (H - 1)·stride + 1 under same. The filters are those of that convolution, [K, L, C_out / groups, C_in].

With --convention the options are another system's, and so are the layouts of all tensors:
  pytorch  images [N, C, H, W], filters [C_in, C_out / groups, K, L]; --padding counts from both sides
  keras    images [N, H, W, C], filters [K, L, C_out / groups, C_in]; --padding is valid, same or 0,0,TOP,BOTTOM,LEFT,RIGHT,0,0
  onnx     images [N, C, H, W], filters [C_in, C_out / groups, K, L]; --pads or --auto-pad
  adjoint conv2d-transpose --convention onnx --input "1 2" --weight "1 1" --strides 1,2 --output-shape 1,3
    1 2 2
Keras itself refuses a stride together with a dilation, and groups, which are TensorFlow's. Under same it counts
--output-padding from (H - 1)·strides + 1 where the filter's span is odd, from (H - 1)·strides where it is even.)";

constexpr const char* conv2d_weight_gradient_examples = R"(Examples:
  adjoint conv2d-weight-gradient --input "1 2 3; 4 5 6; 7 8 9" --output-gradient "1 0; 0 0" --kernel 2
    1 2
    4 5
  adjoint conv2d-weight-gradient --input "1 2 3; 4 5 6; 7 8 9" --output-gradient "1 1; 1 1" --kernel 2
    12 16
    24 28
  adjoint conv2d-weight-gradient --input "1 2 3; 4 5 6; 7 8 9" --output-gradient "1 1; 1 1" --kernel 2 --steps
    the same, and the pixels that each tap of the filter saw)";

}  // namespace adjoint
