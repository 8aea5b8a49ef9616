// Convolutions between one or two channels and many, by kernels that are made for many: neighboring pixels of a row
// are taken for channels, and the weights are laid out so that the sums are the same. On the processor only.

#pragma once

#include <ATen/ATen.h>

namespace colorize {

// A large kernel over few channels at stride 1, whose input is taken in pairs of pixels.
struct FewInputs {
    static bool fits(const at::Tensor& input, const at::Tensor& weight, int64_t stride, int64_t padding);
    // The input as [batch, 2 channels, height, width / 2], padded; what the other two take.
    static at::Tensor prepared(const at::Tensor& input, int64_t padding);
    static at::Tensor convolved(const at::Tensor& prepared, const at::Tensor& weight);
    // Whether an input has been prepared.
    static bool is_prepared(const at::Tensor& input, const at::Tensor& weight);
    // The input that was prepared.
    static at::Tensor input_of(const at::Tensor& prepared, int64_t padding);
    static at::Tensor weight_gradient(const at::Tensor& gradient, const at::Tensor& prepared,
                                      const at::Tensor& weight);
};

// The same toward few channels, as a transposed convolution of stride 1: several pixels are computed as the channels
// of one.
struct FewOutputs {
    static bool fits(const at::Tensor& input, const at::Tensor& weight, int64_t stride, int64_t padding);
    static at::Tensor convolved(const at::Tensor& input, const at::Tensor& weight, int64_t padding);
};

}  // namespace colorize
