// Convolutions and transposed ones without a bias, and what all layers need of maps.

#pragma once

#include <ATen/ATen.h>

namespace colorize {

constexpr auto NHWC = at::MemoryFormat::ChannelsLast;

// How a convolution walks over its input.
struct Steps {
    bool transposed;
    int64_t stride;
    // Zeros at the top and the left, and at the bottom and the right; of a transposed convolution, pixels cut off there.
    int64_t before, after;
};

at::Tensor channels_last(const at::Tensor& map);

// Parameters and statistics are 32-bit floats; where maps are not, convolutions take a copy of their type.
at::Tensor of_type(const at::Tensor& weight, const at::Tensor& map);

at::Tensor cropped(const at::Tensor& map, int64_t crop);

// Even padding is the convolution's own affair; what is uneven is put on beforehand.
int64_t own_padding(const Steps& steps);
at::Tensor padded(const at::Tensor& input, const Steps& steps);

struct Convolved {
    at::Tensor map;
    // What the backward pass takes for the input; undefined where that is the input itself. The input need not be kept.
    at::Tensor prepared;
};

// `weight` is of the input's type.
Convolved convolve(const at::Tensor& input, const at::Tensor& weight, const Steps& steps);

// Whether `convolve` rewrites this convolution as one of more channels.
bool is_thin(const at::Tensor& input, const at::Tensor& weight, const Steps& steps);

}  // namespace colorize
